// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "cidr_file.h"
#include "lines.h"
#include "policy_error.h"
#include "prefix.h"

static void refuse_prefix(struct lines *lines, const char *word, enum prefix_error error,
			  const struct prefix *meant)
{
	char text[PREFIX_TEXT_MAX];

	if (prefix_error_guesses(error))
		prefix_text(meant, text);
	lines_expected(lines, word, prefix_expected(error),
		       prefix_error_guesses(error) ? text : NULL);
}

int cidr_file_read(const struct document *document, size_t *count, struct ranges ranges[2],
		   struct policy_errors *errors)
{
	struct lines lines = { .document = document, .errors = errors };
	int err = 0;

	lines.place.file = document->file;
	while (!err && lines_next(&lines)) {
		char *word = lines_word(&lines);
		struct prefix prefix;
		enum prefix_error error;

		if (!*word)
			continue;
		error = prefix_parse(word, &prefix);
		if (error != PREFIX_OK) {
			refuse_prefix(&lines, word, error, &prefix);
			continue;
		}
		if ((*count)++ >= POLICY_PREFIXES_MAX) {
			policy_error_add(errors, &lines.place, "found more than %u prefixes, "
					 "expected fewer", POLICY_PREFIXES_MAX);
			return -EINVAL;
		}
		err = ranges_add(&ranges[prefix.ipv6],
				 (struct range){ prefix.first, prefix_last(&prefix) });
	}
	return err ? err : lines.err;
}
