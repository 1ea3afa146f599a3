// SPDX-License-Identifier: GPL-2.0-only
/* Hops through what the kernel keeps for processes: messages, keys, terminals. */
#include "hop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* --- System V messages: who has received removes the queue ------------------------ */

struct message {
	long type;
	char data[1024];
};

static key_t queue_key(const struct passage *passage)
{
	return 0x646f6d00 + passage->index;
}

static int sysv_setup(const struct passage *passage)
{
	int queue = msgget(queue_key(passage), 0);

	if (queue >= 0)
		msgctl(queue, IPC_RMID, NULL); /* of a chain that failed */
	return msgget(queue_key(passage), IPC_CREAT | IPC_EXCL | 0600) < 0 ? errno : 0;
}

static int sysv_send(const struct passage *passage)
{
	struct message message = { .type = 1 };

	memcpy(message.data, passage->data, passage->size);
	return msgsnd(msgget(queue_key(passage), 0), &message, passage->size, 0) ? errno : 0;
}

static int sysv_receive(const struct passage *passage)
{
	int queue = msgget(queue_key(passage), 0);
	struct message message;
	int error = passed_all(msgrcv(queue, &message, sizeof(message.data), 0, 0), passage);

	if (error)
		return error;
	memcpy(passage->data, message.data, passage->size);
	return msgctl(queue, IPC_RMID, NULL) ? errno : 0;
}

/* --- POSIX messages: a queue without a name, opened before any label --------------- */

static int posix_setup(const struct passage *passage)
{
	struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = 1024 };
	mqd_t queue = mq_open("/domicile-chain", O_RDWR | O_CREAT, 0600, &attributes);

	if (queue < 0 || mq_unlink("/domicile-chain"))
		return errno;
	return fd_place(queue, FD_HOP(passage->index, 0));
}

static int posix_send(const struct passage *passage)
{
	return mq_send(FD_HOP(passage->index, 0), passage->data, passage->size, 0) ? errno : 0;
}

static int posix_receive(const struct passage *passage)
{
	char data[1024];
	int error = passed_all(mq_receive(FD_HOP(passage->index, 0), data, sizeof(data), NULL),
			       passage);

	memcpy(passage->data, data, passage->size);
	return error;
}

/* --- keys: who has read one removes it ------------------------------------------------ */

#define READABLE 0x3f3f0000 /* by its possessor and its user */

static void key_name(char name[64], const struct passage *passage)
{
	snprintf(name, 64, "domicile-chain-%" PRIu64 "-%d", passage->seed, passage->index);
}

static int key_send(const struct passage *passage)
{
	char name[64];
	long key;

	key_name(name, passage);
	key = syscall(SYS_add_key, "user", name, passage->data, passage->size,
		      KEY_SPEC_USER_KEYRING);
	if (key < 0)
		return errno;
	return syscall(SYS_keyctl, KEYCTL_SETPERM, key, READABLE) ? errno : 0;
}

static int key_receive(const struct passage *passage)
{
	char name[64];
	long key;
	int error;

	key_name(name, passage);
	key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
	if (key < 0)
		return errno;
	error = passed_all(syscall(SYS_keyctl, KEYCTL_READ, key, passage->data, passage->size),
			   passage);
	syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
	return error;
}

/* --- terminals -------------------------------------------------------------------------- */

static int terminal_setup(const struct passage *passage)
{
	struct termios raw = {};
	int master, slave;

	cfmakeraw(&raw);
	raw.c_cflag |= CREAD | B38400;
	if (openpty(&master, &slave, NULL, &raw, NULL))
		return errno;
	return fd_place(master, FD_HOP(passage->index, 0)) ?:
	       fd_place(slave, FD_HOP(passage->index, 1));
}

static int master_send(const struct passage *passage)
{
	return fd_write(FD_HOP(passage->index, 0), passage->data, passage->size);
}

static int master_receive(const struct passage *passage)
{
	return fd_read(FD_HOP(passage->index, 0), passage->data, passage->size);
}

static int slave_send(const struct passage *passage)
{
	return fd_write(FD_HOP(passage->index, 1), passage->data, passage->size);
}

static int slave_receive(const struct passage *passage)
{
	return fd_read(FD_HOP(passage->index, 1), passage->data, passage->size);
}

const struct hop_kind hop_messages[] = {
	{ .name = "sysv_message", .flow = FLOW_OBJECT, .waits = true,
	  .setup = sysv_setup, .send = sysv_send, .receive = sysv_receive },
	{ .name = "posix_message", .flow = FLOW_OBJECT, .waits = true,
	  .setup = posix_setup, .send = posix_send, .receive = posix_receive },
	{ .name = "key", .flow = FLOW_OBJECT, .send = key_send, .receive = key_receive },
	{ .name = "terminal", .flow = FLOW_OBJECT, .waits = true,
	  .setup = terminal_setup, .send = slave_send, .receive = master_receive },
	{ .name = "terminal_typed", .flow = FLOW_OBJECT, .waits = true,
	  .setup = terminal_setup, .send = master_send, .receive = slave_receive },
	{}
};
