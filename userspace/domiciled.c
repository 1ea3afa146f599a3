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
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "answer.h"
#include "cleanup.h"
#include "daemon.h"
#include "enforce.h"
#include "interrupt.h"
#include "moment.h"
#include "options.h"
#include "policy_apply.h"
#include "recorder.h"
#include "rundir.h"
#include "taint.h"
#include "trial.h"

#define TICK_MS 1000
#define NEWS_TICK_MS 200 /* while something is to be signed within the second */
#define SETTLE_NS 1000000000ull
/* A ring holds less. */
#define LAST_DRAINS 16

struct daemon {
	struct enforcement enforcement;
	struct recorder recorder;
	int signals;
	int announced;
	time_t watched;
	__u64 settled; /* moment */
};

/* --- the loop ------------------------------------------------------------ */

/* Return: false when it is time to go. */
static bool on_signal(struct daemon *daemon)
{
	struct signalfd_siginfo signal;

	if (read(daemon->signals, &signal, sizeof(signal)) != sizeof(signal))
		return true;
	if (signal.ssi_signo != SIGHUP)
		return false;
	recorder_reopen(&daemon->recorder);
	return true;
}

/* Nothing came for a while. */
static void on_tick(struct daemon *daemon)
{
	__u64 now = moment_boottime();

	if (now - daemon->settled < SETTLE_NS)
		return;
	daemon->settled = now;
	if (recorder_log_is_gone(&daemon->recorder))
		recorder_reopen(&daemon->recorder);
	recorder_settle(&daemon->recorder);
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
	struct recorder *recorder = &daemon->recorder;
	struct pollfd events[] = {
		{ .fd = daemon->signals, .events = POLLIN },
		{ .fd = recorder_fd(recorder), .events = POLLIN },
	};
	bool stay = true;
	int count;

	while (stay) {
		recorder_drain(recorder);
		watch(daemon);
		/* Without room on the disk, more records would only wake us up. */
		count = poll(events, recorder_is_stuck(recorder) ? 1 : 2,
			     recorder_has_news(recorder) ? NEWS_TICK_MS : TICK_MS);
		if (events[0].revents)
			stay = on_signal(daemon);
		else if (!count)
			on_tick(daemon);
	}
	for (int i = 0; i < LAST_DRAINS && recorder_drain(recorder); i++)
		;
}

/* --- start --------------------------------------------------------------- */

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
	struct fault fault = { 0 };

	if (err)
		return refuse(ANSWER_HOST, "up: cannot open the maps: %s", strerror(-err));
	daemon->signals = signals_open();
	if (daemon->signals < 0)
		return refuse(ANSWER_HOST, "up: no signals: %s", strerror(errno));
	if (recorder_open(&daemon->recorder, &daemon->enforcement, &fault))
		return refuse(ANSWER_HOST, "up: no audit log: %s", fault.text);
	daemon->announced = daemon_announce();
	if (daemon->announced < 0)
		return refuse(ANSWER_HOST, "up: cannot write " DOMICILE_RUN_DIR ": %s",
			      strerror(-daemon->announced));
	return ANSWER_DONE;
}

static void daemon_close(struct daemon *daemon)
{
	recorder_close(&daemon->recorder);
	close_fd(&daemon->signals);
	close_fd(&daemon->announced);
	enforce_close(&daemon->enforcement);
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

static int settings_read(struct audit_settings *settings, struct fault *fault)
{
	audit_settings_default(settings);
	return audit_settings_read(settings, AUDIT_SETTINGS_FILE, fault);
}

/* Holds the lock while it works, so that there is one daemon at most. */
static enum answer start(struct daemon *daemon, struct option_list *files)
{
	cleanup(close_fd) int lock = -1;
	struct fault fault = { 0 };
	bool was_on;
	enum answer answer;

	if (geteuid())
		return refuse(ANSWER_HOST, "up: uid %u may not (run as root)", geteuid());
	if (settings_read(&daemon->recorder.settings, &fault))
		return refuse(ANSWER_USAGE, "up: %s", fault.text);
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
	"Start enforcement, unless it is on, and write its records to the log in\n"
	DOMICILE_TLOG_DIR ", as " AUDIT_SETTINGS_FILE " says.\n"
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
	"  kill -HUP $(cat /run/domicile/domiciled.pid)   end the log, and open it anew\n";

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
	struct daemon daemon = { .enforcement = ENFORCEMENT_NONE, .signals = -1, .announced = -1 };
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
