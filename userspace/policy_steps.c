// SPDX-License-Identifier: GPL-2.0-only
/*
 * From documents to a policy that is ready to use. What the documents need is known
 * once they are parsed; then they are parsed again, with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_error.h"
#include "policy_impl.h"

/* A data file's name goes away with @documents. All errors in data are in one file. */
static void errors_keep_name(struct policy_errors *errors, const struct documents *documents)
{
	for (size_t i = 0; i < errors->count; i++) {
		struct policy_error *error = &errors->list[i];

		for (size_t j = 0; j < documents->data_count && error->file; j++) {
			if (error->file != documents->data[j].document.file)
				continue;
			snprintf(errors->data_file, sizeof(errors->data_file), "%s", error->file);
			error->file = errors->data_file;
		}
	}
}

static int build_with_data(policy_builder build, struct documents *documents,
			   struct policy_result *result, struct policy_errors *errors)
{
	int err = data_read(documents, &result->wants, errors);

	data_wants_free(&result->wants);
	if (!err)
		err = build(documents, result, errors);
	if (!err && result->err == -ENODATA)
		err = -EBADMSG; /* it has all that it asked for */
	data_wants_free(&result->wants);
	return err;
}

int policy_compile_by(policy_builder build, struct documents *documents, struct policy **ret,
		      struct policy_errors *errors)
{
	struct policy_result result = {};
	int err = build(documents, &result, errors);

	if (!err && result.err == -ENODATA)
		err = build_with_data(build, documents, &result, errors);
	if (!err)
		err = result.err;
	if (!err)
		err = policy_finish(result.policy, documents);
	policy_errors_place(errors, documents);
	errors_keep_name(errors, documents);
	if (err) {
		policy_free(result.policy);
		return policy_error_work(errors, err);
	}
	*ret = result.policy;
	return 0;
}
