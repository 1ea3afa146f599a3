// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel with messages, System V and POSIX, and in shared memory of both kinds. */

#include "domicile_test.h"

#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define QUEUE "/domicile-test"

struct letter {
	long type;
	char text[sizeof(canary)];
};

struct post {
	int sysv;
	mqd_t posix;
	bool early; /* the receiver waits before the sender takes the label */
	bool copy; /* the receiver leaves the message in the queue */
};

static int sysv_send(void *argument)
{
	struct post *post = argument;
	struct letter letter = { .type = 1 };
	int error;

	if (post->early)
		usleep(300 * 1000);
	error = take_label();
	memcpy(letter.text, canary, sizeof(canary));
	return error ?: msgsnd(post->sysv, &letter, sizeof(letter.text), 0) ? errno : 0;
}

static int sysv_receive(void *argument)
{
	struct post *post = argument;
	struct letter letter = {};
	int flags = post->copy ? MSG_COPY | IPC_NOWAIT : 0;

	if (!post->early)
		usleep(500 * 1000);
	if (msgrcv(post->sysv, &letter, sizeof(letter.text), 0, flags) <= 0)
		return errno;
	return strcmp(letter.text, canary) ? ENODATA : try_out();
}

static int posix_send(void *argument)
{
	struct post *post = argument;
	int error;

	if (post->early)
		usleep(300 * 1000);
	error = take_label();
	return error ?: mq_send(post->posix, canary, sizeof(canary), 0) ? errno : 0;
}

static int posix_receive(void *argument)
{
	struct post *post = argument;
	char buffer[256] = {};

	if (!post->early)
		usleep(500 * 1000);
	if (mq_receive(post->posix, buffer, sizeof(buffer), NULL) <= 0)
		return errno;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

/* Opened when the label is there already. */
static int posix_open_and_send(void *argument)
{
	struct post *post = argument;
	int error = take_label();

	post->posix = mq_open(QUEUE, O_WRONLY);
	if (post->posix < 0)
		return errno;
	return error ?: mq_send(post->posix, canary, sizeof(canary), 0) ? errno : 0;
}

static int post_run(struct post *post, int (*send)(void *), int (*receive)(void *))
{
	pid_t receiver = child_start(receive, post);
	int error = in_child(send, post);
	int result = child_error(receiver);

	return error ?: result;
}

/* Nobody's label: neither the process nor the queue keeps what went by before. */
static int sysv_send_plain(void *argument)
{
	struct letter letter = { .type = 1 };

	memcpy(letter.text, canary, sizeof(canary));
	return msgsnd(((struct post *)argument)->sysv, &letter, sizeof(letter.text), 0) ? errno :
											 0;
}

FIXTURE(post) {
	struct post post;
};

FIXTURE_SETUP(post)
{
	struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = 256 };

	mq_unlink(QUEUE);
	self->post.sysv = msgget(IPC_PRIVATE, 0600);
	self->post.posix = mq_open(QUEUE, O_RDWR | O_CREAT, 0600, &attributes);
	ASSERT_LE(0, self->post.sysv);
	ASSERT_LE(0, self->post.posix);
}

FIXTURE_TEARDOWN(post)
{
	msgctl(self->post.sysv, IPC_RMID, NULL);
	mq_close(self->post.posix);
	mq_unlink(QUEUE);
}

TEST_F(post, sysv)
{
	ROW("P08/msgq", "tracked", "store_msg");
	EXPECT_DENIED(post_run(&self->post, sysv_send, sysv_receive));
	/* The queue is the same, the message is another. */
	EXPECT_EQ(0, post_run(&self->post, sysv_send_plain, sysv_receive));
}

TEST_F(post, sysv_waiting)
{
	ROW("P08/msgq", "tracked", "store_msg");
	self->post.early = true;
	EXPECT_DENIED(post_run(&self->post, sysv_send, sysv_receive));
}

TEST_F(post, sysv_copy)
{
	int result;

	self->post.copy = true;
	result = post_run(&self->post, sysv_send, sysv_receive);
	if (result == ENOSYS)
		SKIP(return, "kernel without CONFIG_CHECKPOINT_RESTORE");
	ROW("P08/msgq", "tracked", "copy_msg");
	EXPECT_DENIED(result);
}

TEST_F(post, posix)
{
	ROW("P08/mq", "tracked", "store_msg");
	EXPECT_DENIED(post_run(&self->post, posix_send, posix_receive));
}

TEST_F(post, posix_waiting)
{
	ROW("P08/mq", "tracked", "store_msg");
	self->post.early = true;
	EXPECT_DENIED(post_run(&self->post, posix_send, posix_receive));
}

TEST_F(post, posix_opened_labelled)
{
	ROW("P08/mq", "tracked", "store_msg");
	EXPECT_DENIED(post_run(&self->post, posix_open_and_send, posix_receive));
}

/* --- shared memory ------------------------------------------------------------- */

struct segment {
	int sysv;
	bool late; /* the reader attaches when the data is there */
};

static void *segment_attach(struct segment *segment)
{
	int fd;

	if (segment->sysv >= 0)
		return shmat(segment->sysv, NULL, 0);
	fd = shm_open(QUEUE, O_RDWR, 0);
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static int segment_write(void *argument)
{
	char *memory = segment_attach(argument);
	int error = take_label();

	memcpy(memory, canary, sizeof(canary));
	usleep(600 * 1000);
	return error;
}

static int segment_read(void *argument)
{
	struct segment *segment = argument;
	char *memory;

	if (segment->late)
		usleep(400 * 1000);
	memory = segment_attach(segment);
	if (!segment->late)
		usleep(400 * 1000);
	return strcmp(memory, canary) ? ENODATA : try_out();
}

static int segment_run(struct segment *segment)
{
	pid_t reader = child_start(segment_read, segment);

	return in_child(segment_write, segment) ?: child_error(reader);
}

FIXTURE(segment) {
	struct segment segment;
};

FIXTURE_VARIANT(segment) {
	bool late;
};

FIXTURE_VARIANT_ADD(segment, before) { .late = false };
FIXTURE_VARIANT_ADD(segment, after) { .late = true };

FIXTURE_SETUP(segment)
{
	int fd;

	shm_unlink(QUEUE);
	fd = shm_open(QUEUE, O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, ftruncate(fd, 4096));
	close(fd);
	self->segment.sysv = shmget(IPC_PRIVATE, 4096, 0600);
	self->segment.late = variant->late;
}

FIXTURE_TEARDOWN(segment)
{
	shmctl(self->segment.sysv, IPC_RMID, NULL);
	shm_unlink(QUEUE);
}

TEST_F(segment, sysv)
{
	ROW(variant->late ? "P08/shm_after" : "P08/shm_before", "tracked",
	    "domicile_mapping");
	EXPECT_DENIED(segment_run(&self->segment));
}

TEST_F(segment, posix)
{
	int id = self->segment.sysv;

	self->segment.sysv = -1;
	ROW("P08/posix_shm", "tracked",
	    "domicile_mapping");
	EXPECT_DENIED(segment_run(&self->segment));
	self->segment.sysv = id;
}

/* --- a few bits ------------------------------------------------------------------- */

static int semaphore_set(void *argument)
{
	return take_label() ?: semctl(*(int *)argument, 0, SETVAL, 7) ? errno : 0;
}

static int semaphore_get(void *argument)
{
	return semctl(*(int *)argument, 0, GETVAL) == 7 ? try_out() : ENODATA;
}

static int semaphores_set(void *argument)
{
	unsigned short values[32] = { 0x5d, 0x2c };

	return semctl(*(int *)argument, 0, SETALL, values) ? errno : 0;
}

static int semaphores_set_labelled(void *argument)
{
	return take_label() ?: semaphores_set(argument);
}

/* One value carries a few bits; all of them at once would be a message. */
TEST(semaphore)
{
	int id = semget(IPC_PRIVATE, 32, 0600);

	EXPECT_EQ(0, in_child(semaphore_set, &id));
	EXPECT_EQ(0, in_child(semaphore_get, &id));
	EXPECT_EQ(0, in_child(semaphores_set, &id));
	EXPECT_DENIED(in_child(semaphores_set_labelled, &id));
	if (enforcing)
		EXPECT_TRUE(recorded("sem_semctl", "not_followed", LABELLED));
	semctl(id, 0, IPC_RMID);
}
