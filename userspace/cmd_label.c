// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "enforce.h"
#include "label_value.h"
#include "labels.h"
#include "module.h"
#include "netlink.h"
#include "number.h"
#include "options.h"
#include "plain.h"
#include "progress.h"
#include "tree.h"

/* One command at work on its paths. */
struct work {
	const char *name; /* "label set" */
	struct labels labels;
	struct netlink link;
	struct enforcement enforcement; /* state is NULL when enforcement is off */
	__u32 ids[DOMICILE_LABELS_MAX];
	size_t count;
	unsigned long done;
	enum answer answer;
	bool recursive;
	json_t *json; /* NULL: not asked for */
};

#define WORK_NONE(name_) { .name = name_, .enforcement = ENFORCEMENT_NONE }

static void work_close(struct work *work)
{
	labels_close(&work->labels);
	netlink_close(&work->link);
	enforce_close(&work->enforcement);
	json_decref(work->json);
}

/* --- complaints about one path -------------------------------------------- */

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "a symbolic link (name what it points to)";
	case S_IFIFO:
		return "a FIFO; only regular files and directories hold labels";
	case S_IFSOCK:
		return "a socket; only regular files and directories hold labels";
	}
	return "a device; only regular files and directories hold labels";
}

static void worse(struct work *work, enum answer answer)
{
	if (answer > work->answer)
		work->answer = answer;
}

static int failed(const char *path, int err, void *context)
{
	struct work *work = context;

	switch (-err) {
	case EOPNOTSUPP:
		worse(work, refuse(ANSWER_HOST, "%s: %s: its file system cannot hold labels (use "
				   "one with security xattrs: ext4, xfs, btrfs, tmpfs)", work->name,
				   path));
		break;
	case EUCLEAN:
		worse(work, refuse(ANSWER_NO, "%s: %s: the label on disk is damaged, and counts as "
				   "every label (domicile label clear)", work->name, path));
		break;
	default:
		worse(work, refuse(ANSWER_NO, "%s: %s: %s", work->name, path, strerror(-err)));
	}
	return 0;
}

static bool can_hold(const char *path, mode_t mode, struct work *work)
{
	if (S_ISREG(mode) || S_ISDIR(mode))
		return true;
	worse(work, refuse(ANSWER_NO, "%s: %s: is %s", work->name, path, kind_of(mode)));
	return false;
}

/* --- names ---------------------------------------------------------------- */

/* As `label show` prints what nobody knows: unknown(0x1234abcd), or the number alone. */
static bool id_literal(const char *name, __u32 *id)
{
	return sscanf(name, "unknown(0x%x)", id) == 1 || sscanf(name, "0x%x", id) == 1;
}

static enum answer name_unknown(const struct work *work, const char *name)
{
	const char *nearest = labels_nearest(&work->labels, name);

	if (!labels_known(&work->labels))
		return refuse(ANSWER_NO, "%s: enforcement is off, so no label is known (give a "
			      "policy with -p FILE)", work->name);
	if (nearest)
		return refuse(ANSWER_NO, "%s: no label '%s' in the policy%s (did you mean '%s'?)",
			      work->name, name, work->labels.policy ? "" : " in force", nearest);
	return refuse(ANSWER_NO, "%s: no label '%s' in the policy%s (see domicile policy show)",
		      work->name, name, work->labels.policy ? "" : " in force");
}

static enum answer name_add(struct work *work, const char *name, bool literals)
{
	__u32 id;

	if (!(literals && id_literal(name, &id)) && labels_id(&work->labels, name, &id))
		return name_unknown(work, name);
	if (work->count == DOMICILE_LABELS_MAX)
		return refuse(ANSWER_NO, "%s: more than %d labels", work->name,
			      DOMICILE_LABELS_MAX);
	work->ids[work->count++] = id;
	return ANSWER_DONE;
}

/* --- the walk ------------------------------------------------------------- */

static enum answer work_open(struct work *work)
{
	char why[PATH_MAX + 256];
	int err;

	if (geteuid())
		return refuse(ANSWER_HOST, "%s: uid %u may not (run as root)", work->name,
			      geteuid());
	err = module_load(why, sizeof(why));
	if (err)
		return refuse(ANSWER_HOST, "%s: cannot load the module: %s", work->name, why);
	err = netlink_open(&work->link);
	if (err)
		return refuse(ANSWER_HOST, "%s: no answer from domicile.ko: %s", work->name,
			      strerror(-err));
	err = enforce_open(&work->enforcement);
	if (err && err != -ENOENT)
		return refuse(ANSWER_HOST, "%s: cannot open the maps: %s", work->name,
			      enforce_reason(err));
	return ANSWER_DONE;
}

static void walk(struct work *work, char **paths, size_t count,
		 int (*visit)(int fd, const char *path, mode_t mode, void *context))
{
	const struct tree_visitor visitor = { visit, failed, work };
	unsigned long total = 0;

	for (size_t i = 0; i < count && work->recursive; i++)
		total += tree_count(paths[i]);
	if (work->recursive)
		progress_start(work->name, total);
	for (size_t i = 0; i < count; i++)
		tree_walk(paths[i], work->recursive, &visitor);
	progress_end();
}

static void summary(const struct work *work, const char *verb, const char *what)
{
	char text[NUMBER_TEXT_MAX];

	printf("%s %s file%s%s\n", verb, number_text(text, work->done), work->done == 1 ? "" : "s",
	       what);
}

/* --- set ------------------------------------------------------------------ */

static const char set_help[] =
	"Usage: domicile label set [-r] [-p POLICY]... NAME PATH...\n"
	"\n"
	"Adds a label to files and directories. What is created in a labelled directory\n"
	"inherits its label. Symbolic links are not followed.\n"
	"\n"
	"  -r, --recursive    also everything below the paths\n"
	"  -p, --policy FILE  know the labels of this policy, when enforcement is off\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 1 when a path could not be labelled, or no policy has the label;\n"
	"3 when a file system cannot hold labels.\n"
	"\n"
	"Examples:\n"
	"  domicile label set cn.pii /srv/cn/customers.csv\n"
	"  domicile label set -r cn.pii /srv/cn\n";

static const struct option change_options[] = {
	{ "recursive", no_argument, NULL, 'r' },   { "policy", required_argument, NULL, 'p' },
	{ "label", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int set_one(int fd, const char *path, mode_t mode, void *context)
{
	struct work *work = context;
	int err;

	progress_step();
	if (!can_hold(path, mode, work))
		return 0;
	err = netlink_label_set(&work->link, fd, work->ids, work->count);
	if (err)
		return failed(path, err, work);
	work->done++;
	return 0;
}

static int label_set(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(work_close) struct work work = WORK_NONE("label set");
	char what[DOMICILE_LABEL_NAME_MAX + 8];
	int option;

	while ((option = command_option("label set", set_help, argc, argv, "rp:h",
					change_options)) != -1) {
		if (option == 'l')
			return command_usage("label set", "name the label without --label");
		work.recursive |= option == 'r';
		if (option == 'p')
			option_list_add(&files, optarg);
	}
	if (argc - optind < 2)
		return command_usage("label set", "a label and a path are needed");
	work.answer = labels_open(&work.labels, &files);
	if (work.answer == ANSWER_DONE)
		work.answer = name_add(&work, argv[optind], false);
	if (work.answer == ANSWER_DONE)
		work.answer = work_open(&work);
	if (work.answer != ANSWER_DONE)
		return work.answer;
	walk(&work, argv + optind + 1, argc - optind - 1, set_one);
	snprintf(what, sizeof(what), " with %s", argv[optind]);
	summary(&work, "labelled", what);
	return work.answer;
}

/* --- clear ---------------------------------------------------------------- */

static const char clear_help[] =
	"Usage: domicile label clear [-r] [-l NAME]... [-p POLICY]... PATH...\n"
	"\n"
	"Takes labels off files and directories: all of them, or those named with --label.\n"
	"Processes that have read the files keep their labels.\n"
	"\n"
	"  -r, --recursive    also everything below the paths\n"
	"  -l, --label NAME   only this label; can be repeated. A label that no policy\n"
	"                     knows is named by its id, 0x1234abcd\n"
	"  -p, --policy FILE  know the labels of this policy, when enforcement is off\n"
	"  -h, --help         this text\n"
	"\n"
	"Examples:\n"
	"  domicile label clear /tmp/statistics.csv\n"
	"  domicile label clear -r --label cn.pii /srv/old\n";

static int clear_one(int fd, const char *path, mode_t mode, void *context)
{
	struct work *work = context;
	int err;

	progress_step();
	if (!can_hold(path, mode, work))
		return 0;
	err = netlink_label_clear(&work->link, fd, work->ids, work->count);
	if (err)
		return failed(path, err, work);
	if (work->enforcement.state)
		enforce_forget(&work->enforcement, fd);
	work->done++;
	return 0;
}

static int clear_names(struct work *work, const struct option_list *files,
		       const struct option_list *names)
{
	enum answer answer = names->count ? labels_open(&work->labels, files) : ANSWER_DONE;

	for (size_t i = 0; i < names->count && answer == ANSWER_DONE; i++)
		answer = name_add(work, names->values[i], true);
	return answer;
}

static int label_clear(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(option_list_free) struct option_list names = { 0 };
	cleanup(work_close) struct work work = WORK_NONE("label clear");
	int option;

	while ((option = command_option("label clear", clear_help, argc, argv, "rp:l:h",
					change_options)) != -1) {
		work.recursive |= option == 'r';
		if (option != 'r')
			option_list_add(option == 'p' ? &files : &names, optarg);
	}
	if (optind == argc)
		return command_usage("label clear", "a path is missing");
	work.answer = clear_names(&work, &files, &names);
	if (work.answer == ANSWER_DONE)
		work.answer = work_open(&work);
	if (work.answer != ANSWER_DONE)
		return work.answer;
	walk(&work, argv + optind, argc - optind, clear_one);
	summary(&work, "cleared", "");
	return work.answer;
}

/* --- show ----------------------------------------------------------------- */

static const char show_help[] =
	"Usage: domicile label show [-r] [--json] [-p POLICY]... PATH...\n"
	"\n"
	"Shows the labels that files and directories hold on disk; needs no privilege. A\n"
	"label whose name no policy has is shown as unknown(0x...).\n"
	"\n"
	"  -r, --recursive    everything below the paths that holds a label\n"
	"  -p, --policy FILE  know the labels of this policy, when enforcement is off\n"
	"      --json         as one JSON array\n"
	"  -h, --help         this text\n"
	"\n"
	"Examples:\n"
	"  domicile label show /srv/cn/customers.csv\n"
	"  domicile label show -r /srv\n";

static const struct option show_options[] = {
	{ "recursive", no_argument, NULL, 'r' },
	{ "policy", required_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static json_t *names_json(const struct work *work, const struct label_value *value)
{
	json_t *names = json_array();
	char text[DOMICILE_LABEL_NAME_MAX];

	for (__u32 i = 0; i < value->count; i++)
		json_array_append_new(names, json_string(labels_text(&work->labels, value->id[i],
								     text, sizeof(text))));
	return names;
}

static void show_json(struct work *work, const char *path, const struct label_value *value)
{
	json_t *name = json_string(path);

	json_array_append_new(work->json, json_pack("{s:o, s:o, s:b, s:o}", "path",
						    name ? name : json_null(), "labels",
						    names_json(work, value), "inherited_below",
						    !!(value->flags & DOMICILE_XATTR_TREE),
						    "subject", value->subject ?
						    json_sprintf("%016llx", (unsigned long long)
								 value->subject) : json_null()));
}

static void show_line(const struct work *work, const char *path, const struct label_value *value)
{
	char text[DOMICILE_LABEL_NAME_MAX];

	plain_print(path, stdout);
	printf(": ");
	for (__u32 i = 0; i < value->count; i++)
		printf("%s%s", i ? ", " : "", labels_text(&work->labels, value->id[i], text,
							  sizeof(text)));
	if (!value->count)
		printf("no label");
	else if (value->flags & DOMICILE_XATTR_TREE)
		printf(" (inherited by what is created below)");
	putchar('\n');
}

static int show_one(int fd, const char *path, mode_t mode, void *context)
{
	struct label_value value = { 0 };
	struct work *work = context;
	int err;

	if (!can_hold(path, mode, work))
		return 0;
	err = label_value_read_fd(&value, fd);
	if (err && err != -ENODATA)
		return work->recursive && err == -EOPNOTSUPP ? 0 : failed(path, err, work);
	if (err && work->recursive)
		return 0;
	if (work->json)
		show_json(work, path, &value);
	else
		show_line(work, path, &value);
	return 0;
}

static int label_show(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(work_close) struct work work = WORK_NONE("label show");
	const struct tree_visitor visitor = { show_one, failed, &work };
	int option;

	while ((option = command_option("label show", show_help, argc, argv, "rp:h",
					show_options)) != -1) {
		work.recursive |= option == 'r';
		if (option == 'p')
			option_list_add(&files, optarg);
		if (option == 'j' && !work.json)
			work.json = json_array();
	}
	if (optind == argc)
		return command_usage("label show", "a path is missing");
	work.answer = labels_open(&work.labels, &files);
	if (work.answer != ANSWER_DONE)
		return work.answer;
	for (int i = optind; i < argc; i++)
		tree_walk(argv[i], work.recursive, &visitor);
	if (work.json) {
		json_dumpf(work.json, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	return work.answer;
}

static const struct command commands[] = {
	{ "set", label_set, "add a label to files" },
	{ "clear", label_clear, "take labels off files" },
	{ "show", label_show, "show the labels of files" },
};

static const char help[] =
	"Usage: domicile label COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile label set -r cn.pii /srv/cn\n"
	"  domicile label show /srv/cn/customers.csv\n"
	"  domicile label clear --label cn.pii /tmp/statistics.csv\n";

int cmd_label(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "label", help, argc,
			   argv);
}
