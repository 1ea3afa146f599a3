// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon: starts enforcement, then writes the kernel's records to the log.
 * Enforcement does not depend on it: it can be killed and started at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <domicile/record.h>

#include "answer.h"
#include "cleanup.h"
#include "daemon.h"
#include "enforce.h"
#include "in_force.h"
#include "interrupt.h"
#include "log.h"
#include "moment.h"
#include "options.h"
#include "policy_apply.h"
#include "record.h"
#include "rundir.h"
#include "sequence.h"
#include "taint.h"
#include "trial.h"

#define TICK_MS 1000
#define COMPLAIN_S 60
#define NUMBERS_FILE DOMICILE_RUN_DIR "/sequence"

/* Policies whose records may still be in the ring, newest first. */
#define POLICIES_KEPT 4

struct daemon {
	struct enforcement enforcement;
	struct ring_buffer *ring;
	struct log log;
	struct in_force policies[POLICIES_KEPT];
	struct sequence *numbers; /* one for each CPU; mapped from NUMBERS_FILE */
	__u64 *counted; /* what the kernel had counted to at the last tick */
	int cpus;
	int signals;
	int announced;
	time_t complained;
	time_t watched;
};

/* --- records ------------------------------------------------------------- */

/* The policy in force is read again when a record names one not seen yet. */
static const struct in_force *policy_of(struct daemon *daemon, __u64 generation)
{
	struct in_force newest;

	for (int i = 0; i < POLICIES_KEPT; i++)
		if (daemon->policies[i].root && daemon->policies[i].generation == generation)
			return &daemon->policies[i];
	if (in_force_read(&newest))
		return NULL;
	if (daemon->policies[0].root && newest.generation == daemon->policies[0].generation) {
		in_force_close(&newest);
		return NULL;
	}
	in_force_close(&daemon->policies[POLICIES_KEPT - 1]);
	memmove(&daemon->policies[1], &daemon->policies[0],
		(POLICIES_KEPT - 1) * sizeof(newest));
	daemon->policies[0] = newest;
	return newest.generation == generation ? &daemon->policies[0] : NULL;
}

static int append(struct daemon *daemon, json_t *object)
{
	int err = object ? log_append(&daemon->log, object) : -ENOMEM;

	json_decref(object);
	return err;
}

static void append_loss(struct daemon *daemon, int cpu, const struct sequence_loss *loss)
{
	if (loss->count)
		append(daemon, record_loss_json(cpu, loss->first, loss->count));
}

static int on_record(void *context, void *data, size_t size)
{
	const struct domicile_record *record = data;
	struct sequence_loss loss = { 0 };
	struct daemon *daemon = context;
	struct sequence seen;
	int err;

	if (size < sizeof(*record) || record->version != DOMICILE_RECORD_VERSION ||
	    record->cpu >= (__u32)daemon->cpus)
		return 0; /* its number will be missed */
	seen = daemon->numbers[record->cpu];
	if (!sequence_see(&seen, record->seq, &loss))
		return 0; /* written before the last daemon was killed */
	append_loss(daemon, record->cpu, &loss);
	err = append(daemon, record_json(record, policy_of(daemon, record->generation)));
	/* After it is in the log: a daemon killed in between leaves it twice, not lost. */
	daemon->numbers[record->cpu] = seen;
	return err;
}

/* Numbers that the kernel gave out a tick ago, and that the ring does not hold. */
static void settle(struct daemon *daemon)
{
	cleanup(free_memory) __u64 *now = calloc(daemon->cpus, sizeof(*now));
	__u32 zero = 0;

	if (!now || bpf_map_lookup_elem(daemon->enforcement.sequence, &zero, now))
		return;
	for (int cpu = 0; cpu < daemon->cpus; cpu++) {
		struct sequence_loss loss = { 0 };

		sequence_settle(&daemon->numbers[cpu], daemon->counted[cpu], &loss);
		append_loss(daemon, cpu, &loss);
	}
	memcpy(daemon->counted, now, daemon->cpus * sizeof(*now));
}

static void drain(struct daemon *daemon)
{
	int err = log_retry(&daemon->log);
	time_t now = time(NULL);

	if (!err)
		err = ring_buffer__consume(daemon->ring);
	if (err >= 0 || now - daemon->complained < COMPLAIN_S)
		return;
	complain("log: cannot write %s: %s (records wait in the kernel)", daemon->log.path,
		 strerror(-err));
	daemon->complained = now;
}

/* --- the loop ------------------------------------------------------------ */

/* Return: false when it is time to go. */
static bool on_signal(struct daemon *daemon)
{
	struct signalfd_siginfo signal;

	if (read(daemon->signals, &signal, sizeof(signal)) != sizeof(signal))
		return true;
	if (signal.ssi_signo != SIGHUP)
		return false;
	log_reopen(&daemon->log);
	return true;
}

static void on_tick(struct daemon *daemon)
{
	if (log_was_moved(&daemon->log))
		log_reopen(&daemon->log);
	if (!daemon->log.pending && !ring__avail_data_size(ring_buffer__ring(daemon->ring, 0)))
		settle(daemon);
}

/* A policy on trial, once a second at most. */
static void watch(struct daemon *daemon)
{
	time_t now = time(NULL);

	if (now != daemon->watched)
		trial_watch();
	daemon->watched = now;
}

static void serve(struct daemon *daemon)
{
	struct pollfd events[] = {
		{ .fd = daemon->signals, .events = POLLIN },
		{ .fd = ring_buffer__epoll_fd(daemon->ring), .events = POLLIN },
	};
	bool stay = true;
	int count;

	while (stay) {
		drain(daemon);
		watch(daemon);
		/* Without room on the disk, more records would only wake us up. */
		count = poll(events, daemon->log.pending ? 1 : 2, TICK_MS);
		if (events[0].revents)
			stay = on_signal(daemon);
		else if (!count)
			on_tick(daemon);
	}
	drain(daemon);
}

/* --- start --------------------------------------------------------------- */

/* In a file, so that a daemon that is killed leaves the next one the numbers. */
static int numbers_open(struct daemon *daemon)
{
	cleanup(close_fd) int fd = open(NUMBERS_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	size_t size;
	void *numbers;

	daemon->cpus = libbpf_num_possible_cpus();
	if (fd < 0 || daemon->cpus < 0)
		return fd < 0 ? -errno : daemon->cpus;
	size = daemon->cpus * sizeof(*daemon->numbers);
	if (ftruncate(fd, size))
		return -errno;
	numbers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	daemon->counted = calloc(daemon->cpus, sizeof(*daemon->counted));
	if (numbers == MAP_FAILED || !daemon->counted)
		return -ENOMEM;
	daemon->numbers = numbers;
	return 0;
}

/* They are held since main(). */
static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum answer daemon_open(struct daemon *daemon)
{
	int err = enforce_open(&daemon->enforcement);

	if (err)
		return refuse(ANSWER_HOST, "up: cannot open the maps: %s", strerror(-err));
	err = numbers_open(daemon);
	if (err)
		return refuse(ANSWER_HOST, "up: " NUMBERS_FILE ": %s", strerror(-err));
	err = log_open(&daemon->log, DOMICILE_LOG);
	if (err)
		return refuse(ANSWER_HOST, "up: cannot open " DOMICILE_LOG ": %s", strerror(-err));
	daemon->ring = ring_buffer__new(daemon->enforcement.records, on_record, daemon, NULL);
	daemon->signals = signals_open();
	if (!daemon->ring || daemon->signals < 0)
		return refuse(ANSWER_HOST, "up: cannot read records: %s", strerror(errno));
	in_force_read(&daemon->policies[0]);
	daemon->announced = daemon_announce();
	if (daemon->announced < 0)
		return refuse(ANSWER_HOST, "up: cannot write " DOMICILE_RUN_DIR ": %s",
			      strerror(-daemon->announced));
	return ANSWER_DONE;
}

static void daemon_close(struct daemon *daemon)
{
	ring_buffer__free(daemon->ring);
	log_close(&daemon->log);
	close_fd(&daemon->signals);
	close_fd(&daemon->announced);
	enforce_close(&daemon->enforcement);
	free(daemon->counted);
	for (int i = 0; i < POLICIES_KEPT; i++)
		in_force_close(&daemon->policies[i]);
	if (daemon->numbers)
		munmap(daemon->numbers, daemon->cpus * sizeof(*daemon->numbers));
}

static enum answer already_on(bool policies_given)
{
	struct enforcement enforcement = ENFORCEMENT_NONE;
	char since[MOMENT_TEXT_MAX] = "?";
	pid_t pid;
	bool alone = daemon_find(&pid);

	if (alone && !policies_given)
		return ANSWER_DONE;
	if (!enforce_open(&enforcement)) {
		moment_local(since, moment_realtime(enforcement.state->started));
		enforce_close(&enforcement);
	}
	return refuse(ANSWER_NO, "up: already enforcing since %s (use domicile policy apply to "
		      "change the policy%s)", since, alone ? ", and domicile up without -p to "
		      "start a new daemon" : "");
}

static enum answer start_enforcement(struct option_list *files)
{
	cleanup(policy_freep) struct policy *policy = NULL;
	enum answer answer;

	if (!files->count && option_list_add_policies(files))
		return refuse(ANSWER_HOST, "up: no memory");
	if (!files->count)
		return refuse(ANSWER_USAGE, "up: no policy: " DOMICILE_POLICY_DIR " has no .yaml "
			      "file (give one with -p FILE)");
	answer = policy_read_trusted(files->values, files->count, &policy);
	return answer == ANSWER_DONE ? enforce_start(policy) : answer;
}

/* Holds the lock while it works, so that there is one daemon at most. */
static enum answer start(struct daemon *daemon, struct option_list *files)
{
	cleanup(close_fd) int lock = -1;
	bool was_on;
	enum answer answer;

	if (geteuid())
		return refuse(ANSWER_HOST, "up: uid %u may not (run as root)", geteuid());
	answer = rundir_lock("up", &lock);
	if (answer != ANSWER_DONE)
		return answer;
	if (enforce_is_hidden())
		return refuse(ANSWER_HOST, "up: %s", enforce_reason(-ESTALE));
	was_on = enforce_is_on();
	if (was_on)
		taint_forget_self();
	answer = was_on ? already_on(files->count) : start_enforcement(files);
	if (answer != ANSWER_DONE)
		return answer;
	answer = daemon_open(daemon);
	if (answer == ANSWER_DONE && was_on)
		puts("enforcement was on; started a new daemon");
	else if (answer != ANSWER_DONE && !was_on)
		enforce_stop(false);
	return answer;
}

/* --- to the background ---------------------------------------------------- */

/*
 * Returns in the child, with a descriptor that tells the parent when all is
 * well; the parent exits with the child's status if it ends before.
 */
static int background(void)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		exit(refuse(ANSWER_HOST, "up: %s", strerror(errno)));
	pid = fork();
	if (pid < 0)
		exit(refuse(ANSWER_HOST, "up: cannot fork: %s", strerror(errno)));
	if (!pid) {
		close(ready[0]);
		return ready[1];
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1)
		_exit(ANSWER_DONE);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(refuse(ANSWER_HOST, "up: the daemon was killed while it started"));
}

static void leave_terminal(int ready)
{
	cleanup(close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/"))
		complain("daemon: cannot leave the directory: %s", strerror(errno));
	complain_to_syslog("domiciled");
	fflush(stdout);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (write(ready, "", 1) != 1)
		complain("daemon: nobody waits for it");
	close(ready);
}

/* --- command line --------------------------------------------------------- */

static const char help[] =
	"Usage: domiciled [-f] [-p POLICY]...\n"
	"\n"
	"Start enforcement, unless it is on, and write its records to " DOMICILE_LOG ".\n"
	"`domicile up` starts it.\n"
	"\n"
	"  -f, --foreground   stay in the foreground; complaints go to standard error\n"
	"  -p, --policy FILE  policy to enforce; can be repeated\n"
	"                     (default: every " DOMICILE_POLICY_DIR "/*.yaml)\n"
	"      --debug        show what libbpf says\n"
	"  -h, --help         this text\n"
	"  -V, --version      the version\n"
	"\n"
	"Examples:\n"
	"  domiciled -f -p /etc/domicile/cn.yaml     as a service manager starts it\n"
	"  kill -HUP $(cat /run/domicile/domiciled.pid)   open the log anew\n";

enum { OPTION_DEBUG = 256 };

static const struct option options[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "policy", required_argument, NULL, 'p' },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static bool foreground;

/* Return: -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct option_list *files)
{
	int option;

	while ((option = getopt_long(argc, argv, "fp:hV", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			foreground = true;
			break;
		case 'p':
			if (option_list_add(files, optarg))
				return refuse(ANSWER_HOST, "up: no memory");
			break;
		case OPTION_DEBUG:
			enforce_verbose(true);
			break;
		case 'h':
			fputs(help, stdout);
			return ANSWER_DONE;
		case 'V':
			puts("domiciled " DOMICILE_VERSION);
			return ANSWER_DONE;
		default:
			return ANSWER_USAGE;
		}
	}
	if (optind < argc)
		return refuse(ANSWER_USAGE, "domiciled: unexpected '%s' (see domiciled --help)",
			      argv[optind]);
	return -1;
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .enforcement = ENFORCEMENT_NONE, .signals = -1, .announced = -1,
				 .log.fd = -1 };
	cleanup(option_list_free) struct option_list files = { 0 };
	int status, ready = -1;

	enforce_verbose(false);
	status = parse(argc, argv, &files);
	if (status >= 0)
		return status;
	interrupt_hold(NULL);
	if (!foreground)
		ready = background();
	umask(022);
	status = start(&daemon, &files);
	if (status == ANSWER_DONE) {
		if (!foreground)
			leave_terminal(ready);
		serve(&daemon);
	}
	daemon_close(&daemon);
	return status;
}
