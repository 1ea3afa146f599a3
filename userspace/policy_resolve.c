// SPDX-License-Identifier: GPL-2.0-only
/* From the names in a draft to the numbers of what they stand for. */
#include <errno.h>

#include "array.h"
#include "policy_compiler.h"

static int refuse_undefined(struct compiler *compiler, const char *what,
			    const struct draft_name *name, const char *nearest)
{
	char quoted[POLICY_QUOTE_MAX];

	return policy_error_add(compiler->errors, &name->place,
				"found undefined %s '%s', expected one that '%ss' defines%s%s%s",
				what, policy_quote(name->text, quoted), what,
				nearest ? "; did you mean '" : "", nearest ? nearest : "",
				nearest ? "'?" : "");
}

/* A name that could not be read has been reported already. */
int resolve_label(struct compiler *compiler, const struct draft_name *name, __u32 *ret)
{
	int index = name->text ? policy_label_index(compiler->policy, name->text) : 0;

	*ret = index >= 0 ? index : 0;
	if (index >= 0 || compiler->draft.incomplete)
		return 0;
	return refuse_undefined(compiler, "label", name,
				policy_label_nearest(compiler->policy, name->text));
}

int resolve_network(struct compiler *compiler, const struct draft_name *name, __u64 *set)
{
	int index = name->text ? policy_network_index(compiler->policy, name->text) : 0;

	if (index >= 0)
		set[index / 64] |= 1ull << (index % 64);
	if (index >= 0 || compiler->draft.incomplete)
		return 0;
	return refuse_undefined(compiler, "network", name,
				policy_network_nearest(compiler->policy, name->text));
}

int resolve_storage(struct compiler *compiler, const struct draft_name *name, __u64 *set)
{
	int index = name->text ? policy_storage_index(compiler->policy, name->text) : 0;

	if (index >= 0)
		set[index / 64] |= 1ull << (index % 64);
	if (index >= 0 || compiler->draft.incomplete)
		return 0;
	return refuse_undefined(compiler, "place", name,
				policy_storage_nearest(compiler->policy, name->text));
}

int list_members(const __u64 *set, size_t limit, __u32 **ret, size_t *ret_count)
{
	for (size_t i = 0; i < limit; i++) {
		__u32 *new = netset_has(set, i) ? ARRAY_ADD(*ret, *ret_count) : NULL;

		if (new)
			*new = i;
		else if (netset_has(set, i))
			return -ENOMEM;
	}
	return 0;
}
