// SPDX-License-Identifier: GPL-2.0-only
/* What nothing follows is refused to who is labelled, and to nobody else. */

#include "channel.h"

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

static int labelled(int (*work)(void *), void *argument)
{
	return take_label() ?: work(argument);
}

/* --- perf ------------------------------------------------------------------ */

static int event_open(unsigned int type)
{
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1 };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static int perf_open(void *argument)
{
	return event_open(PERF_TYPE_SOFTWARE) < 0 ? errno : 0;
}

static int perf_open_labelled(void *argument)
{
	return labelled(perf_open, argument);
}

/* A uprobe is a perf event of a type of its own: the number is in a file. */
static int uprobe_open(void *argument)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	char path[] = "/bin/true";
	struct perf_event_attr attr = { .size = sizeof(attr), .uprobe_path = (long)path,
					.probe_offset = 0x100 };

	if (!file || fscanf(file, "%u", &attr.type) != 1)
		return ENODEV;
	fclose(file);
	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0) < 0 ? errno : 0;
}

static int uprobe_open_labelled(void *argument)
{
	return labelled(uprobe_open, argument);
}

TEST(perf_event)
{
	ROW("P11/perf", "blocked", "perf_event_open");
	EXPECT_EQ(0, in_child(perf_open, NULL));
	EXPECT_DENIED(in_child(perf_open_labelled, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("perf_event_open", "not_followed", LABELLED));
}

TEST(uprobe)
{
	int plain = in_child(uprobe_open, NULL);

	if (plain == ENODEV)
		SKIP(return, "kernel without uprobes");
	ROW("P11/uprobe", "blocked", "perf_event_open");
	EXPECT_EQ(0, plain);
	EXPECT_DENIED(in_child(uprobe_open_labelled, NULL));
}

/* All events are one inode: who maps one has nothing of who maps another. */
static int perf_map(void)
{
	void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED,
			    event_open(PERF_TYPE_SOFTWARE), 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int perf_map_and_take(void *argument)
{
	return perf_map() ?: take_label();
}

static int perf_map_and_wait(void *argument)
{
	int error = perf_map();

	usleep(500 * 1000);
	return error ?: try_out();
}

TEST(perf_taints_no_stranger)
{
	pid_t stranger = child_start(perf_map_and_wait, NULL);

	usleep(200 * 1000);
	EXPECT_EQ(0, in_child(perf_map_and_take, NULL));
	EXPECT_EQ(0, child_error(stranger));
	EXPECT_EQ(0, in_child(perf_map_and_wait, NULL));
}

/* --- bpf(2) ------------------------------------------------------------------- */

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int map_new(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64,
				.max_entries = 1, .map_flags = BPF_F_MMAPABLE };

	return bpf(BPF_MAP_CREATE, &attr);
}

static int map_make(void *argument)
{
	return map_new() < 0 ? errno : 0;
}

static int map_update(void *argument)
{
	char value[64] = {};
	int key = 0;
	union bpf_attr attr = { .map_fd = *(int *)argument, .key = (long)&key,
				.value = (long)value };

	memcpy(value, canary, sizeof(canary));
	return bpf(BPF_MAP_UPDATE_ELEM, &attr) ? errno : 0;
}

static int map_map(void *argument)
{
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *(int *)argument, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int map_read(void *argument)
{
	char value[64] = {};
	int key = 0;
	union bpf_attr attr = { .map_fd = *(int *)argument, .key = (long)&key,
				.value = (long)value };

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? errno : strcmp(value, canary) ? ENODATA : 0;
}

static int prog_load(void *argument)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0x5d2c81f7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (long)insns,
				.insn_cnt = 2, .license = (long)"GPL" };

	return bpf(BPF_PROG_LOAD, &attr) < 0 ? errno : 0;
}

static int map_make_labelled(void *argument)
{
	return labelled(map_make, argument);
}

static int map_update_labelled(void *argument)
{
	return labelled(map_update, argument);
}

static int map_map_labelled(void *argument)
{
	return labelled(map_map, argument);
}

static int map_map_and_take(void *argument)
{
	return map_map(argument) ?: take_label();
}

static int prog_load_labelled(void *argument)
{
	return labelled(prog_load, argument);
}

TEST(bpf_map)
{
	int fd = map_new();

	ROW("P11/bpf_map", "blocked", "bpf,mmap_file");
	ASSERT_LE(0, fd);
	EXPECT_DENIED(in_child(map_make_labelled, NULL));
	EXPECT_DENIED(in_child(map_update_labelled, &fd));
	EXPECT_EQ(enforcing ? ENODATA : 0, in_child(map_read, &fd));
	EXPECT_DENIED(in_child(map_map_labelled, &fd));
	EXPECT_DENIED(in_child(map_map_and_take, &fd));
	if (enforcing)
		EXPECT_TRUE(recorded("\"bpf\"", "not_followed", LABELLED));
	EXPECT_EQ(0, in_child(map_update, &fd));
	EXPECT_EQ(0, in_child(map_map, &fd));
	EXPECT_EQ(0, in_child(map_read, &fd));
	close(fd);
}

TEST(bpf_prog)
{
	ROW("P11/bpf_prog", "blocked", "bpf");
	EXPECT_EQ(0, in_child(prog_load, NULL));
	EXPECT_DENIED(in_child(prog_load_labelled, NULL));
}

/* `domicile` is for people who may be labelled. */
static int commands(void *argument)
{
	return take_label() ?:
	       shell("domicile status >/dev/null && domicile task show $$ >/dev/null && "
		     "domicile policy apply " DIR_TEST "/policy.yaml >/dev/null") ?:
	       shell("domicile run --label cn.pii -- true") ?:
	       shell("domicile label set eu.health " PLAIN " >/dev/null && "
		     "domicile label clear " PLAIN " >/dev/null");
}

TEST(domicile_when_labelled)
{
	if (!enforcing)
		SKIP(return, "needs domicile");
	EXPECT_EQ(0, in_child(commands, NULL));
}

/* --- userfaultfd ---------------------------------------------------------------- */

static char *page;

/* Its own memory is filled by whom it gives the descriptor. */
static int fault_receiver(void *argument)
{
	struct uffdio_register range = { .range = { (long)page, 4096 },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ||
	    pass_fd(((struct channel *)argument)->write_end, fd))
		return errno;
	close(fd);
	return strcmp(page, canary) ? ENODATA : try_out();
}

static int fault_fill(void *argument)
{
	static char source[4096] __attribute__((aligned(4096)));
	struct uffdio_copy copy = { .dst = (long)page, .src = (long)source, .len = 4096 };
	int fd = take_fd(((struct channel *)argument)->read_end);

	memcpy(source, canary, sizeof(canary));
	return ioctl(fd, UFFDIO_COPY, &copy) ? errno : 0;
}

static int fault_fill_labelled(void *argument)
{
	return labelled(fault_fill, argument);
}

static pid_t fault_start(struct channel *channel)
{
	*channel = pair_new(SOCK_STREAM);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return child_start(fault_receiver, channel);
}

TEST(userfaultfd)
{
	struct channel channel;
	pid_t pid = fault_start(&channel);

	ROW("P11/userfaultfd", "blocked", "file_ioctl");
	EXPECT_DENIED(in_child(fault_fill_labelled, &channel));
	/* Nobody holds the descriptor any more, and the page is empty. */
	close(channel.read_end);
	close(channel.write_end);
	EXPECT_EQ(enforcing ? ENODATA : 0, child_error(pid));
	if (enforcing)
		EXPECT_TRUE(recorded("userfaultfd", "not_followed", LABELLED));
}

TEST(userfaultfd_plain)
{
	struct channel channel;
	pid_t pid = fault_start(&channel);

	EXPECT_EQ(0, in_child(fault_fill, &channel));
	EXPECT_EQ(0, child_error(pid));
}

/* --- advice: a hint about memory, and none of what is in it ------------------------ */

static int advise(void *argument)
{
	struct iovec range = { (void *)((long)canary & ~4095l), 4096 };
	int fd = syscall(SYS_pidfd_open, *(pid_t *)argument, 0), error = take_label();

	if (error)
		return error;
	return syscall(SYS_process_madvise, fd, &range, 1, 20 /* MADV_COLD */, 0) < 0 ? errno : 0;
}

static int wait_and_send(void *argument)
{
	usleep(700 * 1000);
	return try_out();
}

TEST(advice)
{
	pid_t pid = child_start(wait_and_send, NULL);

	ROW("P11/madvise", "accepted", "moves_no_data");
	EXPECT_EQ(0, in_child(advise, &pid));
	EXPECT_EQ(0, child_error(pid));
}

/* --- a few bits for each call ------------------------------------------------------- */

static int counter_add(void *argument)
{
	return take_label() ?: eventfd_write(*(int *)argument, 0x5d) ? errno : 0;
}

static int counter_read(void *argument)
{
	eventfd_t value = 0;

	return eventfd_read(*(int *)argument, &value) || value != 0x5d ? EIO : try_out();
}

static int counter_of_stranger(void *argument)
{
	int fd = eventfd(1, 0);

	return counter_read(&fd) == EIO ? try_out() : EIO;
}

TEST(event_counter)
{
	int fd = eventfd(0, 0);

	ROW("P16/eventfd", "accepted", "64_bits_a_call");
	EXPECT_EQ(0, in_child(counter_add, &fd));
	EXPECT_EQ(0, in_child(counter_read, &fd));
	EXPECT_EQ(0, in_child(counter_of_stranger, NULL));
	close(fd);
}

static int signal_send(void *argument)
{
	union sigval value = { .sival_int = 0x5d };

	return take_label() ?: sigqueue(*(pid_t *)argument, SIGUSR1, value) ? errno : 0;
}

static int signal_wait(void *argument)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigwaitinfo(&set, &info) < 0 || info.si_int != 0x5d ? EIO : try_out();
}

TEST(signal_value)
{
	pid_t pid = child_start(signal_wait, NULL);

	ROW("P16/signal", "accepted", "64_bits_a_call");
	usleep(300 * 1000);
	EXPECT_EQ(0, in_child(signal_send, &pid));
	EXPECT_EQ(0, child_error(pid));
}

static int status_sender(void *argument)
{
	return take_label() ?: 0x5d;
}

static int status_reader(void *argument)
{
	pid_t pid = fork();

	if (!pid)
		_exit(status_sender(NULL));
	return child_error(pid) != 0x5d ? EIO : try_out();
}

TEST(exit_status)
{
	ROW("P16/exit", "accepted", "8_bits_a_process");
	EXPECT_EQ(0, in_child(status_reader, NULL));
}

/* One word, of which each says when it changes: as much as the scheduler does. */
static int word_wake(void *argument)
{
	int error = take_label();

	return error ?: syscall(SYS_futex, argument, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0) < 0 ?
				errno : 0;
}

static int word_pair(void *argument)
{
	struct timespec limit = { .tv_sec = 5 };
	int fd = open(PLAIN, O_RDONLY);
	int *word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	pid_t pid = fork();

	if (!pid) {
		usleep(500 * 1000);
		_exit(word_wake(word));
	}
	if (syscall(SYS_futex, word, 0 /* FUTEX_WAIT */, *word, &limit, NULL, 0))
		return errno;
	return child_error(pid) ?: try_out();
}

TEST(futex)
{
	ROW("P16/futex", "accepted", "1_bit_a_call");
	EXPECT_EQ(0, in_child(word_pair, NULL));
}

/* When something happens tells as much as one can tell apart. */
static int late_exit(void *argument)
{
	int error = take_label();

	usleep(400 * 1000);
	return error;
}

static int clock_watcher(void *argument)
{
	struct timespec before, after;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &before);
	pid = fork();
	if (!pid)
		_exit(late_exit(NULL));
	if (child_error(pid))
		return EIO;
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 <
	       400 ? EIO : try_out();
}

TEST(timing)
{
	ROW("P16/timing", "accepted", "covert_channel");
	EXPECT_EQ(0, in_child(clock_watcher, NULL));
}
