// SPDX-License-Identifier: GPL-2.0-only
/* Labels go where a process goes: to what it starts, and with exec. */

#include "domicile_test.h"

#include <liburing.h>
#include <linux/sched.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>

#define PROGRAM DIR_TEST "/program"
#define LABELLED_PROGRAM LABELLED /* executable by mode, and no program */

static int by_thread_group(void *argument)
{
	int error = take_label();
	pid_t pid = fork();

	if (!pid)
		_exit(error ?: try_out());
	return child_error(pid);
}

static int by_vfork_exec(void *argument)
{
	return take_label() ?:
	       shell("bash -c 'echo x > /dev/udp/" OUT4 "/%d' 2>/dev/null", PORT) ? EPERM : 0;
}

TEST(process_fork)
{
	ROW("P01/fork", "tracked", "task_alloc");
	EXPECT_DENIED(in_child(by_thread_group, NULL));
}

/* --- processes with one address space ------------------------------------------- */

static char shared_buffer[256];

static int read_to_shared(void *argument)
{
	int fd = open(LABELLED, O_RDONLY | O_CLOEXEC);

	_exit(fd < 0 || read(fd, shared_buffer, sizeof(shared_buffer)) <= 0 ? EIO : 0);
}

/* The child reads, the parent sends. */
static int by_child_with_memory(void *argument)
{
	static char stack[65536];
	int error = child_error(clone(read_to_shared, stack + sizeof(stack) - 64,
				      *(int *)argument | SIGCHLD, NULL));

	return error ?: strcmp(shared_buffer, canary) ? ENODATA : try_out();
}

static int send_from_shared(void *argument)
{
	while (!*(volatile char *)shared_buffer)
		usleep(10 * 1000);
	_exit(strcmp(shared_buffer, canary) ? ENODATA : try_out());
}

/* The parent reads when its child runs already, and the child sends. */
static int by_parent_with_memory(void *argument)
{
	static char stack[65536], copy[256];
	pid_t pid = clone(send_from_shared, stack + sizeof(stack) - 64, CLONE_VM | SIGCHLD, NULL);
	int fd = open(LABELLED, O_RDONLY | O_CLOEXEC);

	if (pid < 0 || read(fd, copy, sizeof(copy)) <= 0)
		return EIO;
	memcpy(shared_buffer + 1, copy + 1, sizeof(copy) - 1);
	*(volatile char *)shared_buffer = copy[0];
	return child_error(pid);
}

static void *thread_read(void *argument)
{
	take_label();
	return NULL;
}

/* A thread of the child reads, another process of the family sends. */
static int read_by_thread(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_read, NULL);
	pthread_join(thread, NULL);
	memcpy(shared_buffer, canary, sizeof(canary));
	_exit(0);
}

static int by_grandchild(void *argument)
{
	static char stack[65536];

	_exit(child_error(clone(read_by_thread, stack + sizeof(stack) - 64,
				CLONE_VM | SIGCHLD, NULL)));
}

static int by_family_with_memory(void *argument)
{
	static char stack[65536];
	pid_t sibling;

	sibling = clone(send_from_shared, stack + 32768, CLONE_VM | SIGCHLD, NULL);
	return child_error(clone(by_grandchild, stack + sizeof(stack) - 64, CLONE_VM | SIGCHLD,
				 NULL)) ?: child_error(sibling);
}

/* What exec opens and reads is for the new address space alone. */
static int exec_labelled(void *argument)
{
	execl(argument, argument, NULL);
	_exit(errno == ENOEXEC ? 0 : errno);
}

static int by_exec_of_child(void *argument)
{
	static char stack[65536];
	int error = child_error(clone(exec_labelled, stack + sizeof(stack) - 64,
				      CLONE_VM | CLONE_VFORK | SIGCHLD, argument));

	return error ?: try_out();
}

/* A failed exec leaves the child with the memory of its parent. */
static int exec_and_read(void *argument)
{
	execl(LABELLED_PROGRAM, LABELLED_PROGRAM, NULL);
	return read_to_shared(NULL);
}

static int by_failed_exec(void *argument)
{
	static char stack[65536];
	int error;

	chmod(LABELLED, 0755);
	error = child_error(clone(exec_and_read, stack + sizeof(stack) - 64,
				  CLONE_VM | SIGCHLD, NULL));
	return error ?: try_out();
}

TEST(memory_of_child)
{
	int flags = CLONE_VM;

	ROW("P01/clone_vm", "tracked", "memory_push");
	EXPECT_DENIED(in_child(by_child_with_memory, &flags));
}

TEST(memory_of_vfork)
{
	int flags = CLONE_VM | CLONE_VFORK;

	ROW("P01/vfork", "tracked", "memory_push");
	EXPECT_DENIED(in_child(by_child_with_memory, &flags));
}

TEST(memory_of_parent)
{
	ROW("P01/clone_vm", "tracked", "memory_push");
	EXPECT_DENIED(in_child(by_parent_with_memory, NULL));
}

TEST(memory_of_family)
{
	ROW("P01/clone_vm", "tracked", "memory_push");
	EXPECT_DENIED(in_child(by_family_with_memory, NULL));
}

TEST(exec_of_child_taints_no_parent)
{
	shell("cp /bin/true " PROGRAM);
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label set cn.pii " PROGRAM " >&2"));
	EXPECT_EQ(0, in_child(by_exec_of_child, PROGRAM));
	unlink(PROGRAM);
}

TEST(failed_exec_and_read)
{
	ROW("P01/clone_vm", "tracked", "memory_push");
	EXPECT_DENIED(in_child(by_failed_exec, NULL));
}

/* --- io_uring's threads ------------------------------------------------------------ */

static int uring_read(void *argument)
{
	static char buffer[256];
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int fd = open(PLAIN, O_RDONLY);

	/* Opened by a thread of the ring, too: the process itself touches nothing. */
	if (io_uring_queue_init(4, &ring, *(unsigned int *)argument))
		return errno;
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_openat(sqe, AT_FDCWD, LABELLED, O_RDONLY, 0);
	sqe->flags |= IOSQE_ASYNC;
	if (io_uring_submit(&ring) < 0 || io_uring_wait_cqe(&ring, &cqe) || cqe->res < 0)
		return EIO;
	close(fd);
	fd = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, fd, buffer, sizeof(buffer), 0);
	sqe->flags |= IOSQE_ASYNC;
	if (io_uring_submit(&ring) < 0 || io_uring_wait_cqe(&ring, &cqe) || cqe->res < 0)
		return EIO;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

TEST(uring_worker)
{
	unsigned int flags = 0;

	ROW("P01/thread", "tracked", "file_open");
	EXPECT_DENIED(in_child(uring_read, &flags));
}

TEST(uring_sqpoll)
{
	unsigned int flags = IORING_SETUP_SQPOLL;

	ROW("P01/thread", "tracked", "file_open");
	EXPECT_DENIED(in_child(uring_read, &flags));
}

/* --- threads, posix_spawn ----------------------------------------------------------- */

static void *thread_send(void *argument)
{
	usleep(200 * 1000);
	*(int *)argument = try_out();
	return NULL;
}

static int by_thread(void *argument)
{
	pthread_t thread;
	int result = -1;

	pthread_create(&thread, NULL, thread_send, &result);
	return take_label() ?: pthread_join(thread, NULL) ?: result;
}

TEST(thread)
{
	ROW("P01/thread", "tracked", "task_taints");
	EXPECT_DENIED(in_child(by_thread, NULL));
}

static int by_clone3(void *argument)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int error = take_label();
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(error ?: try_out());
	return child_error(pid);
}

static int by_clone(void *argument)
{
	int error = take_label();
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(error ?: try_out());
	return child_error(pid);
}

TEST(plain_clone)
{
	ROW("P01/clone", "tracked", "task_alloc");
	EXPECT_DENIED(in_child(by_clone, NULL));
}

TEST(clone3)
{
	ROW("P01/clone3", "tracked", "task_alloc");
	EXPECT_DENIED(in_child(by_clone3, NULL));
}

static int by_spawn(void *argument)
{
	char *argv[] = { "bash", "-c", "echo x > /dev/udp/" OUT4 "/4000", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	return take_label() ?: posix_spawn(&pid, "/bin/bash", &actions, NULL, argv, environ) ?:
	       child_error(pid) ? EPERM : 0;
}

TEST(spawn)
{
	ROW("P01/posix_spawn", "tracked", "task_alloc");
	EXPECT_DENIED(in_child(by_spawn, NULL));
}

TEST(process_exec)
{
	ROW("P01/vfork", "tracked", "task_alloc");
	EXPECT_DENIED(in_child(by_vfork_exec, NULL));
}

/* --- exec: arguments, environment, scripts, set-uid, descriptors ------------------------- */

#define SEND "echo x > /dev/udp/" OUT4 "/4000"

static int exec_with_argument(void *argument)
{
	return take_label() ?: execl("/bin/bash", "bash", "-c", "[ $1 ] && " SEND, "-", canary, NULL);
}

static int exec_with_environment(void *argument)
{
	char *argv[] = { "bash", "-c", "[ $DATA ] && " SEND, NULL };
	char data[128], *environment[] = { data, NULL };

	sprintf(data, "DATA=%s", canary);
	return take_label() ?: execve("/bin/bash", argv, environment);
}

/* The script is labelled, its interpreter is not. */
static int exec_script(void *argument)
{
	return execl(PROGRAM, PROGRAM, NULL);
}

/* Another user's program, which is told what to send. */
static int exec_setuid(void *argument)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return errno;
	return take_label() ?: execl(PROGRAM, "bash", "-p", "-c", SEND, NULL);
}

/* Tainted by nothing but the descriptor that it has from its parent. */
static int exec_with_descriptor(void *argument)
{
	if (dup2(open(LABELLED, O_RDONLY), 0))
		return EIO;
	return execl("/bin/bash", "bash", "-c", "read -r -n 8 x; " SEND, NULL);
}

static void check_exec(struct __test_metadata *_metadata, int (*work)(void *))
{
	int null = open("/dev/null", O_WRONLY), stderr_copy = dup(2);

	dup2(null, 2);
	EXPECT_EQ(enforcing ? 1 : 0, in_child(work, NULL));
	dup2(stderr_copy, 2);
	close(stderr_copy);
	close(null);
}

TEST(argument)
{
	ROW("P02/argv", "tracked", "task_taints");
	check_exec(_metadata, exec_with_argument);
}

TEST(environment)
{
	ROW("P02/env", "tracked", "task_taints");
	check_exec(_metadata, exec_with_environment);
}

TEST(script)
{
	file_write(PROGRAM, "#!/bin/bash\n" SEND "\n");
	chmod(PROGRAM, 0755);
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label set cn.pii " PROGRAM " >&2"));
	ROW("P02/script", "tracked", "file_open");
	check_exec(_metadata, exec_script);
	unlink(PROGRAM);
}

TEST(set_user_id)
{
	shell("cp /bin/bash " PROGRAM "; chmod 4755 " PROGRAM);
	ROW("P02/setuid", "tracked", "task_taints");
	check_exec(_metadata, exec_setuid);
	unlink(PROGRAM);
}

TEST(inherited_descriptor)
{
	ROW("P20/exec", "tracked", "file_permission");
	check_exec(_metadata, exec_with_descriptor);
}

/* --- exec by a thread that is not the leader ----------------------------------------------- */

static void *exec_thread(void *argument)
{
	execl("/bin/bash", "bash", "-c", "echo x > /dev/udp/" OUT4 "/4000", NULL);
	_exit(127);
}

static int by_exec_of_thread(void *argument)
{
	int error = take_label(), null = open("/dev/null", O_WRONLY);
	pthread_t thread;

	if (error)
		return error;
	dup2(null, 2);
	pthread_create(&thread, NULL, exec_thread, NULL);
	pause();
	return 0;
}

TEST(exec_by_thread)
{
	ROW("P02/argv", "tracked", "bprm_check_security");
	EXPECT_EQ(enforcing ? 1 : 0, in_child(by_exec_of_thread, NULL));
}

/* --- `domicile run`, `task show` ------------------------------------------------------------ */

TEST(run_with_label)
{
	if (!enforcing)
		SKIP(return, "needs domicile");
	EXPECT_NE(0, shell("domicile run --label cn.pii -- bash -c 'echo x > /dev/udp/" OUT4
			   "/%d' 2>/dev/null", PORT));
	EXPECT_EQ(0, shell("domicile run --label cn.pii -- bash -c 'echo x > /dev/udp/" IN4
			   "/%d'", PORT));
	EXPECT_EQ(0, shell("domicile run --label cn.pii -- sleep 5 & sleep 1; "
			   "domicile task show $! | grep -q cn.pii"));
}
