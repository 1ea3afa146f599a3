// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "labels.h"
#include "options.h"
#include "policy_apply.h"

/* Names of the host's own policies, if they are in order. */
static void open_default(struct labels *labels)
{
	struct option_list files = { 0 };
	struct policy_errors errors = { 0 };

	if (!option_list_add_policies(&files) && files.count)
		policy_compile_confined(files.values, files.count, &labels->policy, &errors);
	option_list_free(&files);
}

enum answer labels_open(struct labels *labels, const struct option_list *files)
{
	enum answer answer = ANSWER_DONE;

	if (in_force_read(&labels->in_force))
		labels->in_force.root = NULL;
	if (files->count)
		answer = policy_read(files->values, files->count, &labels->policy);
	else if (!labels->in_force.root)
		open_default(labels);
	return answer;
}

void labels_close(struct labels *labels)
{
	in_force_close(&labels->in_force);
	policy_free(labels->policy);
}

bool labels_known(const struct labels *labels)
{
	return labels->in_force.root || labels->policy;
}

int labels_id(const struct labels *labels, const char *name, __u32 *id)
{
	if (labels->in_force.root ? in_force_index(&labels->in_force, name) < 0 :
	    !labels->policy || policy_label_index(labels->policy, name) < 0)
		return -ENOENT;
	*id = label_id(name);
	return 0;
}

const char *labels_nearest(const struct labels *labels, const char *name)
{
	if (labels->in_force.root)
		return in_force_nearest(&labels->in_force, name);
	return labels->policy ? policy_label_nearest(labels->policy, name) : NULL;
}

const char *labels_text(const struct labels *labels, __u32 id, char *text, size_t size)
{
	for (size_t i = 0; labels->policy && i < labels->policy->label_count; i++) {
		if (labels->policy->labels[i].id != id)
			continue;
		snprintf(text, size, "%s", labels->policy->labels[i].name);
		return text;
	}
	return in_force_id_text(&labels->in_force, id, text, size);
}
