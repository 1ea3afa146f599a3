// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs one chain and compares who could send where with the model. The test
 * itself touches no labelled data: it opens channels, starts processes, and
 * tells them what to do, one hop after the other.
 */
#define DOMICILE_TEST_NO_HARNESS
#include "domicile_test.h"

#include <inttypes.h>
#include <sys/eventfd.h>

#include "chain_process.h"
#include "chain_run.h"

#define ANSWER_WAIT (60 * 1000) /* ms; emulated machines are slow, and shared */

struct run {
	const struct chain *chain;
	bool enforced;
	bool differs;
	pid_t group;
	pid_t pid[CHAIN_PROCESSES];
};

static void __attribute__((format(printf, 2, 3))) differ(struct run *run, const char *format, ...)
{
	va_list args;

	if (!run->differs)
		chain_blame(run->chain);
	run->differs = true;
	printf("#   ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void chain_blame(const struct chain *chain)
{
	char text[2048];

	chain_describe(chain, text, sizeof(text));
	printf("# tests/chains --seed %" PRIu64 " --count 1\n# %s\n", chain->seed, text);
}

/* --- before and after --------------------------------------------------------------- */

static int source_fill(const struct chain *chain, int source)
{
	char path[SOURCE_PATH], canary[CANARY_SIZE + 1];
	int fd, error;

	chain_canary(chain, source, canary);
	source_path(path, source, chain->source[source].label);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = fd_write(fd, canary, CANARY_SIZE);
	close(fd);
	return error;
}

static int hop_setup(const struct chain *chain, int index)
{
	const struct chain_hop *hop = &chain->hop[index];
	const struct hop_kind *kind = hop_kind(hop->kind);
	struct passage passage = { .index = index, .early = hop->early, .kept = hop->kept,
				   .seed = chain->seed };

	return kind->setup ? kind->setup(&passage) : 0;
}

static int channels_open(const struct chain *chain)
{
	int error = 0;

	for (int i = 0; i < chain->processes && !error; i++)
		error = fd_place(eventfd(0, 0), FD_COMMAND(i)) ?:
			fd_place(eventfd(0, 0), FD_ANSWER(i));
	for (int i = 0; i < chain->sources && !error; i++)
		error = source_fill(chain, i);
	for (int i = 0; i < chain->hops && !error; i++)
		error = hop_setup(chain, i);
	return error;
}

static void channels_close(const struct chain *chain)
{
	static const char *const names[] = { "file", "original", "window", "fifo", "socket" };
	char path[HOP_PATH];

	close_range(FD_FIRST, FD_LAST, 0);
	for (int i = 0; i < chain->hops; i++)
		for (enum hop_place place = 0; place <= HOP_SHM; place++)
			for (size_t name = 0; name < sizeof(names) / sizeof(*names); name++) {
				hop_path(path, place, names[name], i);
				unlink(path);
			}
}

/* All are in one process group, that of the first, and this process gets the orphans. */
static int process_start(struct run *run, int process)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return errno;
	setpgid(pid, pid ? run->group : 0);
	if (pid) {
		run->group = run->group ?: pid;
		setpgid(pid, run->group);
		run->pid[process] = pid;
		return 0;
	}
	setpgid(0, run->group);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_serve(run->chain->seed, process);
}

static void processes_end(struct run *run)
{
	if (!run->group)
		return;
	kill(-run->group, SIGKILL);
	while (waitpid(-run->group, NULL, 0) > 0)
		kill(-run->group, SIGKILL);
}

/* --- steps ------------------------------------------------------------------------------ */

static const char *const step_names[] = {
	[STEP_SOURCE] = "read source", [STEP_PREPARE] = "prepare for hop",
	[STEP_SEND] = "send by hop", [STEP_RECEIVE] = "receive by hop",
	[STEP_LOOK] = "look", [STEP_LEAVE] = "leave to",
};

static void tell(struct run *run, int process, enum step step, int number, pid_t peer)
{
	command_tell(process, (struct command){ .step = step, .number = number, .peer = peer });
}

/* Return: the errno that the step ended with; -1 if nobody answered. */
static int hear(struct run *run, int process, enum step step, int number)
{
	struct answer answer;

	if (answer_hear(process, &answer, ANSWER_WAIT)) {
		differ(run, "process %d: %s %d: no answer; it ended, or waits", process,
		       step_names[step], number);
		return -1;
	}
	run->pid[process] = answer.pid;
	return answer.error;
}

/* A step that must succeed. Return: 0, or it did not. */
static int hear_done(struct run *run, int process, enum step step, int number)
{
	int error = hear(run, process, step, number);

	if (error > 0)
		differ(run, "process %d: %s %d: %s", process, step_names[step], number,
		       error == ENODATA ? "other data than was sent" : strerror(error));
	return error;
}

static int ask(struct run *run, int process, enum step step, int number, pid_t peer)
{
	tell(run, process, step, number, peer);
	return hear_done(run, process, step, number);
}

static int hop_run(struct run *run, int index)
{
	const struct chain_hop *hop = &run->chain->hop[index];
	const struct hop_kind *kind = hop_kind(hop->kind);
	pid_t from = run->pid[hop->from], to = run->pid[hop->to];
	int error;

	if (hop->early && kind->prepare && ask(run, hop->to, STEP_PREPARE, index, from))
		return -1;
	if (!hop->early || !kind->waits)
		return ask(run, hop->from, STEP_SEND, index, to) ?:
		       ask(run, hop->to, STEP_RECEIVE, index, from);
	tell(run, hop->to, STEP_RECEIVE, index, from);
	error = ask(run, hop->from, STEP_SEND, index, to);
	return error ?: hear_done(run, hop->to, STEP_RECEIVE, index);
}

/* --- who is labelled ---------------------------------------------------------------------- */

static void labels_print(const struct domicile_label_set *held)
{
	printf("#   the model's labels:");
	for (int label = 0; label < LABELS; label++)
		if (label_set_has(held, label))
			printf(" %s", label_names[label]);
	printf("\n");
}

static void leave_hear(struct run *run, int process, enum chain_network network,
		       const struct domicile_label_set *held)
{
	int expected = run->enforced && model_denies(held, network) ? EPERM : 0;
	int error = hear(run, process, STEP_LEAVE, network);

	if (error == expected || error < 0)
		return;
	differ(run, "process %d to %s: %s, expected %s", process, network_names[network],
	       error ? strerror(error) : "sent", expected ? strerror(expected) : "sent");
	labels_print(held);
	if (run->enforced)
		shell("domicile task show %d 2>&1 | sed 's/^/#   /'", run->pid[process]);
}

/* One by one, so that nobody's look at what it maps comes between by chance. */
static void leave_run(struct run *run, enum chain_network network)
{
	struct domicile_label_set held[CHAIN_PROCESSES];

	chain_model(run->chain, held);
	for (int i = 0; i < run->chain->processes; i++) {
		tell(run, i, STEP_LEAVE, network, 0);
		leave_hear(run, i, network, &held[i]);
	}
}

static void run_steps(struct run *run)
{
	const struct chain *chain = run->chain;

	for (int i = 0; i < chain->processes; i++)
		if (chain->born[i] < 0 && process_start(run, i)) {
			differ(run, "no process %d: %s", i, strerror(errno));
			return;
		}
	for (int i = 0; i < chain->sources; i++)
		if (ask(run, chain->source[i].process, STEP_SOURCE, i, 0))
			return;
	for (int i = 0; i < chain->hops; i++)
		if (hop_run(run, i))
			return;
	if (ask(run, chain->bystanders, STEP_LOOK, 0, run->pid[0]))
		return;
	for (enum chain_network network = 0; network < NETWORKS; network++)
		leave_run(run, network);
}

/* Return: true if all was as the model says. */
bool chain_run(const struct chain *chain, bool enforced)
{
	struct run run = { .chain = chain, .enforced = enforced };
	int error = channels_open(chain);

	if (error)
		differ(&run, "cannot open its channels: %s", strerror(error));
	else
		run_steps(&run);
	processes_end(&run);
	channels_close(chain);
	return !run.differs;
}
