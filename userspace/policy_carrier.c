// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "policy_carrier.h"
#include "policy_valid.h"
#include "suggest.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define SYSTEM_SLICE "/system.slice/"

/* systemd.unit(5); '@' is of templates, whose instances are in slices of their own. */
#define UNIT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\-"
#define UNIT_EXPECTED "the name of a unit that ends in .service, .scope or .slice"
#define CARRIAGE_EXPECTED "'keep', 'datagrams' or 'refuse'"

static const char *const carriage_names[] = {
	[DOMICILE_CARRIAGE_KEEP] = "keep",
	[DOMICILE_CARRIAGE_DATAGRAMS] = "datagrams",
	[DOMICILE_CARRIAGE_REFUSE] = "refuse",
};

_Static_assert(COUNT(carriage_names) == DOMICILE_CARRIAGES, "each has a name");

const char *policy_carriage_name(enum domicile_carriage carriage)
{
	return carriage_names[carriage];
}

const char *policy_cgroup_wrong(const char *path)
{
	const char *wrong = policy_path_wrong(path);

	if (!wrong && strlen(path) >= DOMICILE_CARRIER_PATH_MAX)
		return "a path of less than 256 bytes";
	if (!wrong && !strncmp(path, CGROUP_MOUNT "/", strlen(CGROUP_MOUNT "/")))
		return "a path below " CGROUP_MOUNT;
	return wrong;
}

static const char *cgroup_near(const char *path, char near[PATH_MAX])
{
	const char *found = policy_path_near(path, near);

	if (found && !strncmp(found, CGROUP_MOUNT "/", strlen(CGROUP_MOUNT "/")))
		found += strlen(CGROUP_MOUNT);
	return found && !policy_cgroup_wrong(found) ? found : NULL;
}

static bool ends_in(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size > end_size && !strcmp(text + size - end_size, end);
}

static const char *unit_wrong(const char *name)
{
	if (!ends_in(name, ".service") && !ends_in(name, ".scope") && !ends_in(name, ".slice"))
		return UNIT_EXPECTED;
	if (strchr(name, '@'))
		return "a unit that is no instance of a template, whose 'cgroup' is to be given";
	if (strspn(name, UNIT_LETTERS) != strlen(name))
		return UNIT_EXPECTED " and has only letters, digits and :_.\\-";
	if (ends_in(name, ".slice") && strchr(name, '-'))
		return "a slice that is in no other, whose 'cgroup' is to be given";
	if (strlen(SYSTEM_SLICE) + strlen(name) >= DOMICILE_CARRIER_PATH_MAX)
		return "a shorter name";
	return NULL;
}

static const char *unit_near(const char *name, char near[DOMICILE_CARRIER_PATH_MAX])
{
	int size = snprintf(near, DOMICILE_CARRIER_PATH_MAX, "%s.service", name);

	return !strchr(name, '.') && size < DOMICILE_CARRIER_PATH_MAX && !unit_wrong(near) ?
	       near : NULL;
}

/* The cgroup @text of @node, unless one was given before. */
static int set_cgroup(struct reader *reader, const struct node *node, char **cgroup,
		      const char *directory, const char *text)
{
	char *new;

	if (*cgroup)
		return reader_refuse(reader, node, "found both 'unit' and 'cgroup', expected one "
				     "of them");
	if (asprintf(&new, "%s%s", directory, text) < 0)
		return -ENOMEM;
	*cgroup = new;
	return 0;
}

int policy_unit_read(struct reader *reader, const struct node *node, char **cgroup)
{
	char near[DOMICILE_CARRIER_PATH_MAX];
	const char *wrong;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, UNIT_EXPECTED);
	wrong = unit_wrong(node->text);
	if (wrong)
		return reader_expected_near(reader, node, wrong, unit_near(node->text, near));
	return set_cgroup(reader, node, cgroup,
			  ends_in(node->text, ".service") ? SYSTEM_SLICE : "/", node->text);
}

int policy_cgroup_read(struct reader *reader, const struct node *node, char **cgroup)
{
	char near[PATH_MAX];
	const char *wrong;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "the path of a cgroup");
	wrong = policy_cgroup_wrong(node->text);
	if (wrong)
		return reader_expected_near(reader, node, wrong, cgroup_near(node->text, near));
	return set_cgroup(reader, node, cgroup, "", node->text);
}

static int read_unit(struct reader *reader, const struct node *node, void *into)
{
	struct policy_carrier *carrier = into;

	return policy_unit_read(reader, node, &carrier->cgroup);
}

static int read_cgroup(struct reader *reader, const struct node *node, void *into)
{
	struct policy_carrier *carrier = into;

	return policy_cgroup_read(reader, node, &carrier->cgroup);
}

static int read_reason(struct reader *reader, const struct node *node, void *into)
{
	struct policy_carrier *carrier = into;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "a text");
	free(carrier->reason);
	carrier->reason = strdup(node->text);
	return carrier->reason ? 0 : -ENOMEM;
}

static const char *carriage_name(unsigned int carriage)
{
	return carriage_names[carriage];
}

static int read_labelled(struct reader *reader, const struct node *node, void *into)
{
	struct policy_carrier *carrier = into;
	__u32 carriage = carrier->carriage;
	int err = reader_choice(reader, node, carriage_name, DOMICILE_CARRIAGE_KEEP,
				DOMICILE_CARRIAGES, CARRIAGE_EXPECTED, &carriage);

	carrier->carriage = carriage;
	return err;
}

static const struct key carrier_keys[] = {
	KEY("unit", read_unit),
	KEY("cgroup", read_cgroup),
	KEY("labelled", read_labelled),
	KEY("reason", read_reason),
};

static bool is_named(const struct node *mapping)
{
	for (const struct node *key = mapping->child; key; key = key->next->next)
		if (!strcmp(key->text, "unit") || !strcmp(key->text, "cgroup"))
			return true;
	return false;
}

static int read_carrier(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct policy_carrier *new;

	if (draft->carrier_count == DOMICILE_CARRIERS_MAX) {
		reader_refuse(reader, node, "found more than %d carriers, expected fewer",
			      DOMICILE_CARRIERS_MAX);
		return -EINVAL;
	}
	if (node->type == NODE_MAPPING && !is_named(node))
		return reader_refuse(reader, node,
				     "found no key 'unit' or 'cgroup', expected one of them");
	new = ARRAY_ADD(draft->carriers, draft->carrier_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, node);
	new->carriage = DOMICILE_CARRIAGE_KEEP;
	new->reason = strdup("");
	return new->reason ? reader_keys(reader, node, KEYS(carrier_keys), new) : -ENOMEM;
}

int read_carriers(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_list(reader, node, read_carrier, into);
}
