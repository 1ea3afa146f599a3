// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "origin.h"
#include "plain.h"
#include "taint.h"

static const char show_help[] =
	"Usage: domicile task show [--json] PID\n"
	"\n"
	"Shows the labels that a process holds, where the newest came from, and whether\n"
	"the policy calls it a carrier.\n"
	"\n"
	"      --json  as one JSON object\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 1 when there is no such process, or enforcement is not on.\n"
	"\n"
	"Examples:\n"
	"  domicile task show $$\n"
	"  domicile task show --json \"$(pidof -s postgres)\"\n";

struct task {
	pid_t pid;
	char comm[32];
	struct domicile_taint taint;
	struct domicile_origin origin;
	bool has_origin;
	char cgroup[PATH_MAX]; /* "" if it is not known */
};

/* The line of cgroup v2 begins with 0, and names no controllers. */
static void read_cgroup(struct task *task)
{
	char path[64], line[PATH_MAX];
	cleanup(close_file) FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", task->pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(task->cgroup, sizeof(task->cgroup), "%s", line + 3);
	}
}

static json_t *carrier_json(const struct task *task, const struct in_force *in_force)
{
	json_t *carrier = in_force_carrier(in_force, task->cgroup);

	return carrier ? json_pack("{s:O, s:O}", "cgroup", json_object_get(carrier, "cgroup"),
				   "labelled", json_object_get(carrier, "labelled")) :
			 json_null();
}

static json_t *origin_json(const struct task *task)
{
	char when[MOMENT_TEXT_MAX];
	json_t *path;

	if (!task->has_origin)
		return json_null();
	path = task->origin.path[0] ? json_string(task->origin.path) : NULL;
	return json_pack("{s:o, s:o, s:s, s:i}", "path", path ? path : json_null(), "peer",
			 origin_peer_json(&task->origin), "time",
			 moment_rfc3339(when, moment_realtime(task->origin.time)), "pid",
			 task->origin.pid);
}

static void print_json(const struct task *task, const struct in_force *in_force)
{
	cleanup(free_json) json_t *object = NULL;

	object = json_pack("{s:i, s:s, s:o, s:o, s:o}", "pid", task->pid, "comm", task->comm,
			   "labels", in_force_set_json(in_force, &task->taint.set), "origin",
			   origin_json(task), "carrier", carrier_json(task, in_force));
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
}

static void print_carrier(const struct task *task, const struct in_force *in_force)
{
	json_t *carrier = in_force_carrier(in_force, task->cgroup);

	if (!carrier)
		return;
	printf("%-9s", "carrier");
	plain_print(json_string_value(json_object_get(carrier, "cgroup")), stdout);
	printf(" (labelled: %s)\n", json_string_value(json_object_get(carrier, "labelled")));
}

static void print_task(const struct task *task, const struct in_force *in_force)
{
	cleanup(free_json) json_t *names = in_force_set_json(in_force, &task->taint.set);
	cleanup(free_json) json_t *peer = origin_peer_json(&task->origin);
	char text[4096], when[MOMENT_TEXT_MAX];

	printf("%-9s%d (", "process", task->pid);
	plain_print(task->comm, stdout);
	printf(")\n%-9s%s\n", "labels",
	       label_set_empty(&task->taint.set) ? "none: it holds no labelled data" :
	       in_force_names_text(names, text, sizeof(text)));
	print_carrier(task, in_force);
	if (label_set_empty(&task->taint.set))
		return;
	printf("%-9s", "origin");
	if (!task->has_origin) {
		puts("no longer remembered");
		return;
	}
	if (json_is_object(peer))
		origin_peer_print(peer, stdout);
	else
		plain_print(task->origin.path[0] ? task->origin.path : "a file without a path",
			    stdout);
	printf(", taken in by pid %u at %s\n", task->origin.pid,
	       moment_local(when, moment_realtime(task->origin.time)));
}

static enum answer read_task(struct task *task)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	int err = enforce_open(&enforcement);

	if (err == -ENOENT)
		return refuse(ANSWER_NO, "task: enforcement is not on (use domicile up)");
	if (err)
		return refuse(ANSWER_HOST, "task: cannot open the maps: %s", enforce_reason(err));
	err = taint_read(&enforcement, task->pid, &task->taint);
	if (err == -ESRCH)
		return refuse(ANSWER_NO, "task: no process %d", task->pid);
	if (err)
		return refuse(ANSWER_HOST, "task: cannot read the labels of %d: %s", task->pid,
			      strerror(-err));
	task->has_origin = !taint_origin(&enforcement, &task->taint, &task->origin);
	taint_comm(task->pid, task->comm);
	read_cgroup(task);
	return ANSWER_DONE;
}

static int pid_parse(const char *text, pid_t *pid)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || *end || end == text || number <= 0 || number > INT_MAX)
		return -EINVAL;
	*pid = number;
	return 0;
}

static int task_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	cleanup(in_force_close) struct in_force in_force = { 0 };
	struct task task = { 0 };
	enum answer answer;
	bool json = false;

	while (command_option("task show", show_help, argc, argv, "h", options) != -1)
		json = true;
	if (argc - optind != 1 || pid_parse(argv[optind], &task.pid))
		return command_usage("task show", "one process id is needed");
	if (geteuid())
		return refuse(ANSWER_HOST, "task: uid %u may not look (run as root)", geteuid());
	answer = read_task(&task);
	if (answer != ANSWER_DONE)
		return answer;
	in_force_read(&in_force);
	if (json)
		print_json(&task, &in_force);
	else
		print_task(&task, &in_force);
	return ANSWER_DONE;
}

static const struct command commands[] = {
	{ "show", task_show, "the labels of a process and where they came from" },
};

static const char help[] =
	"Usage: domicile task COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile task show $$\n";

int cmd_task(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "task", help, argc,
			   argv);
}
