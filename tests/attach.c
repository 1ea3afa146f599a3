// SPDX-License-Identifier: GPL-2.0-only
/* Who attaches to a process has what it has, and the other way round. */

#include "domicile_test.h"
#include "ptrace32.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

/* Of each process, at the same address. */
static char mailbox[256];

/* Waits for mail, and tries to send it on. */
static int mail_sender(void *argument)
{
	while (!*(volatile char *)mailbox)
		usleep(10 * 1000);
	return strcmp(mailbox, canary) ? ENODATA : try_out();
}

static int labelled_sleeper(void *argument)
{
	int error = take_label();

	pause();
	return error;
}

static int memory_reader(void *argument)
{
	static char buffer[sizeof(canary)];
	struct iovec local = { buffer, sizeof(buffer) };
	struct iovec remote = { (void *)canary, sizeof(canary) };
	pid_t pid = *(pid_t *)argument;

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		return errno;
	return try_out();
}

static int status_reader(void *argument)
{
	char path[64], buffer[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)argument);
	fd = open(path, O_RDONLY);
	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

static int memory_writer(void *argument)
{
	struct iovec local = { (void *)canary, sizeof(canary) };
	struct iovec remote = { mailbox, sizeof(canary) };
	int error = take_label();

	if (error)
		return error;
	return process_vm_writev(*(pid_t *)argument, &local, 1, &remote, 1, 0) < 0 ? errno : 0;
}

TEST(process_memory)
{
	pid_t pid = child_start(labelled_sleeper, NULL);

	ROW("P10/vm_readv", "tracked", "ptrace_access_check");
	usleep(500 * 1000);
	EXPECT_EQ(0, in_child(status_reader, &pid));
	EXPECT_DENIED(in_child(memory_reader, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

TEST(process_memory_written)
{
	pid_t pid = child_start(mail_sender, NULL);

	ROW("P10/vm_writev", "tracked", "ptrace_access_check");
	usleep(300 * 1000);
	EXPECT_EQ(0, in_child(memory_writer, &pid));
	EXPECT_DENIED(child_error(pid));
}

/* --- /proc/PID/mem, opened before anybody is labelled -------------------------------- */

/* Takes the label in the middle of its life, and puts the data where others look. */
static int late_labelled(void *argument)
{
	char buffer[256] = {};
	int fd;

	usleep(300 * 1000);
	fd = open(LABELLED, O_RDONLY);
	if (read(fd, buffer, sizeof(buffer)) <= 0)
		return EIO;
	memcpy(mailbox, buffer, sizeof(canary));
	pause();
	return 0;
}

static int memory_open(pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, flags);
}

static int early_mem_reader(void *argument)
{
	int fd = memory_open(*(pid_t *)argument, O_RDONLY), before = try_out();
	char buffer[sizeof(canary)];

	usleep(700 * 1000);
	if (before || pread(fd, buffer, sizeof(buffer), (off_t)mailbox) != sizeof(buffer))
		return EIO;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static int early_mem_writer(void *argument)
{
	int fd = memory_open(*(pid_t *)argument, O_RDWR), error = take_label();

	if (error)
		return error;
	return pwrite(fd, canary, sizeof(canary), (off_t)mailbox) != sizeof(canary) ? errno : 0;
}

TEST(mem_opened_before)
{
	pid_t pid = child_start(late_labelled, NULL);

	ROW("P10/mem_read", "tracked", "file_permission");
	usleep(100 * 1000);
	EXPECT_DENIED(in_child(early_mem_reader, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

TEST(mem_written)
{
	pid_t pid = child_start(mail_sender, NULL);

	ROW("P10/mem_write", "tracked", "file_permission");
	usleep(300 * 1000);
	EXPECT_EQ(0, in_child(early_mem_writer, &pid));
	EXPECT_DENIED(child_error(pid));
}

/* --- ptrace, attached before anybody is labelled ------------------------------------- */

static int stop(pid_t pid)
{
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return errno;
	return waitpid(pid, NULL, 0) == pid ? 0 : errno;
}

static int early_tracer(void *argument)
{
	pid_t pid = *(pid_t *)argument;
	long word;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || try_out())
		return EIO;
	usleep(700 * 1000);
	if (stop(pid))
		return EIO;
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, mailbox, 0);
	if (errno)
		return errno;
	return memcmp(&word, canary, sizeof(word)) ? ENODATA : try_out();
}

TEST(traced_before_the_label)
{
	pid_t pid = child_start(late_labelled, NULL);

	ROW("P10/peek", "tracked", "arch_ptrace");
	usleep(100 * 1000);
	EXPECT_DENIED(in_child(early_tracer, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

/* --- who has it from memory that is shared, and has made no call since ---------------- */

#define SHARED DIR_TEST "/shared"

static char *shared_map(void)
{
	int fd = open(SHARED, O_RDWR | O_CREAT, 0600);
	char *shared = ftruncate(fd, 4096) ? MAP_FAILED :
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return shared;
}

static int shared_copier(void *argument)
{
	char *shared = shared_map();

	if (shared == MAP_FAILED)
		return EIO;
	while (!((volatile char *)shared)[sizeof(canary) - 2])
		;
	memcpy(mailbox, shared, sizeof(canary));
	for (;;)
		;
}

static int late_shared_writer(void *argument)
{
	char *shared = shared_map();

	usleep(400 * 1000);
	if (shared == MAP_FAILED || take_label())
		return EIO;
	memcpy(shared, canary, sizeof(canary));
	return 0;
}

static int mail_reader(void *argument)
{
	char buffer[sizeof(canary)];
	struct iovec local = { buffer, sizeof(buffer) };
	struct iovec remote = { mailbox, sizeof(buffer) };

	usleep(700 * 1000);
	if (process_vm_readv(*(pid_t *)argument, &local, 1, &remote, 1, 0) < 0)
		return errno;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static int copy_read(int (*reader)(void *))
{
	pid_t copier = child_start(shared_copier, NULL);
	pid_t writer = child_start(late_shared_writer, NULL);
	int error;

	usleep(100 * 1000);
	error = in_child(reader, &copier);
	error = child_error(writer) ? EIO : error;
	kill(copier, SIGKILL);
	child_error(copier);
	unlink(SHARED);
	return error;
}

TEST(process_memory_of_shared)
{
	ROW("P10/vm_readv", "tracked", "ptrace_access_check");
	EXPECT_DENIED(copy_read(mail_reader));
}

TEST(mem_of_shared)
{
	ROW("P10/mem_read", "tracked", "file_permission");
	EXPECT_DENIED(copy_read(early_mem_reader));
}

TEST(traced_with_shared)
{
	ROW("P10/peek", "tracked", "arch_ptrace");
	EXPECT_DENIED(copy_read(early_tracer));
}

static int late_labelled_low(void *low)
{
	int error;

	usleep(300 * 1000);
	error = take_label();
	memcpy(low, canary, sizeof(canary));
	return error ?: pause();
}

struct low {
	pid_t pid;
	char *memory; /* below 4 GiB, of either process its own */
};

static int early_tracer32(void *argument)
{
	struct low *low = argument;
	char *word = low->memory + sizeof(canary);
	long error;

	if (ptrace(PTRACE_SEIZE, low->pid, 0, 0) || try_out())
		return EIO;
	usleep(700 * 1000);
	if (ptrace32(PTRACE_INTERRUPT, low->pid, 0, 0) ||
	    waitpid(low->pid, NULL, 0) != low->pid)
		return EIO;
	error = ptrace32(PTRACE_PEEKDATA, low->pid, (long)low->memory, (long)word);
	if (error)
		return -error;
	return memcmp(word, canary, sizeof(__u32)) ? ENODATA : try_out();
}

TEST(traced_by_32_bits)
{
	struct low low = {
		.memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0),
	};

	ROW("P10/peek", "tracked", "compat_arch_ptrace");
	ASSERT_NE(MAP_FAILED, low.memory);
	low.pid = child_start(late_labelled_low, low.memory);
	usleep(100 * 1000);
	EXPECT_DENIED(in_child(early_tracer32, &low));
	kill(low.pid, SIGKILL);
	child_error(low.pid);
}

/* The tracer is labelled after it attached, and its child after that. */
static int early_poker(void *argument)
{
	pid_t pid = *(pid_t *)argument;
	int error = ptrace(PTRACE_SEIZE, pid, 0, 0) ? errno : take_label() ?: stop(pid);
	long words[4] = {};

	memcpy(words, canary, sizeof(canary));
	for (int i = 3; i >= 0 && !error; i--)
		error = ptrace(PTRACE_POKEDATA, pid, mailbox + i * sizeof(long), words[i]) ?
				errno : 0;
	return error ?: ptrace(PTRACE_DETACH, pid, 0, 0) ? errno : 0;
}

TEST(poked)
{
	pid_t pid = child_start(mail_sender, NULL);

	ROW("P10/poke", "tracked", "arch_ptrace");
	usleep(300 * 1000);
	EXPECT_EQ(0, in_child(early_poker, &pid));
	EXPECT_DENIED(child_error(pid));
}

/* Registers hold data, too. */
static int register_holder(void *argument)
{
	long word;

	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		return errno;
	raise(SIGSTOP);
	if (take_label())
		return EIO;
	memcpy(&word, canary, sizeof(word));
	asm volatile("mov %0, %%r15; mov %1, %%rdi; mov %2, %%rsi; mov %3, %%rax; syscall"
		     : : "r"(word), "r"((long)getpid()), "r"((long)SIGSTOP), "i"(SYS_kill)
		     : "r15", "rdi", "rsi", "rax", "rcx", "r11", "memory");
	return 0;
}

static int register_reader(void *argument)
{
	pid_t pid = child_start(register_holder, NULL);
	struct user_regs_struct registers;

	if (waitpid(pid, NULL, 0) != pid || try_out() || ptrace(PTRACE_CONT, pid, 0, 0) ||
	    waitpid(pid, NULL, 0) != pid || ptrace(PTRACE_GETREGS, pid, 0, &registers))
		return EIO;
	return memcmp(&registers.r15, canary, sizeof(long)) ? ENODATA : try_out();
}

TEST(registers)
{
	ROW("P10/peek", "tracked", "arch_ptrace");
	EXPECT_DENIED(in_child(register_reader, NULL));
}

/* Strangers that nobody traced or looked into stay what they are. */
static int plain_tracer(void *argument)
{
	pid_t pid = *(pid_t *)argument;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || stop(pid) ||
	    (ptrace(PTRACE_PEEKDATA, pid, mailbox, 0) && errno))
		return EIO;
	return try_out();
}

TEST(traced_plain)
{
	pid_t pid = child_start(mail_sender, NULL);

	usleep(200 * 1000);
	EXPECT_EQ(0, in_child(plain_tracer, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

/* --- descriptors of others ------------------------------------------------------------- */

static int file_holder(void *argument)
{
	int fd = open(LABELLED, O_RDONLY);

	if (dup2(fd, 99) != 99)
		return errno;
	pause();
	return 0;
}

static int reader_of_descriptor(int fd)
{
	char buffer[256] = {};

	if (pread(fd, buffer, sizeof(buffer), 0) <= 0)
		return errno;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static int by_pidfd_getfd(void *argument)
{
	int pidfd = syscall(SYS_pidfd_open, *(pid_t *)argument, 0);

	return reader_of_descriptor(syscall(SYS_pidfd_getfd, pidfd, 99, 0));
}

static int by_proc_fd(void *argument)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/99", *(pid_t *)argument);
	return reader_of_descriptor(open(path, O_RDONLY));
}

TEST(pidfd_getfd)
{
	pid_t pid = child_start(file_holder, NULL);

	ROW("P07/pidfd_getfd", "tracked", "file_receive");
	usleep(300 * 1000);
	EXPECT_DENIED(in_child(by_pidfd_getfd, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

TEST(proc_fd)
{
	pid_t pid = child_start(file_holder, NULL);

	ROW("P07/proc_fd", "tracked", "file_open");
	usleep(300 * 1000);
	EXPECT_DENIED(in_child(by_proc_fd, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}
