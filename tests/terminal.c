// SPDX-License-Identifier: GPL-2.0-only
/* Labelled data on a terminal: who reads the other side, and where that is connected. */

#include "channel.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

struct login {
	int master;
	int slave;
};

static struct login login_new(void)
{
	struct login login;
	struct termios raw;

	if (openpty(&login.master, &login.slave, NULL, NULL, NULL))
		fail("openpty");
	tcgetattr(login.slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(login.slave, TCSANOW, &raw);
	return login;
}

static void login_end(struct login *login)
{
	close(login->master);
	close(login->slave);
}

static int print(void *argument)
{
	struct login *login = argument;
	int error;

	usleep(300 * 1000);
	error = take_label();
	return error ?: write(login->slave, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int print_plain(void *argument)
{
	struct login *login = argument;

	usleep(300 * 1000);
	return write(login->slave, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int type(void *argument)
{
	struct login *login = argument;

	return take_label() ?: write(login->master, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int read_side(int fd)
{
	struct pollfd poll_in = { .fd = fd, .events = POLLIN };
	char buffer[256] = {};

	if (poll(&poll_in, 1, 2000) != 1 || read(fd, buffer, sizeof(buffer)) <= 0)
		return ETIME;
	return strcmp(buffer, canary) ? ENODATA : 0;
}

/* A terminal emulator, and who reads what is typed. */
static int emulator(void *argument)
{
	return read_side(((struct login *)argument)->master) ?: try_out();
}

static int emulator_waiting(void *argument)
{
	char buffer[256] = {};

	if (read(((struct login *)argument)->master, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static int shell_side(void *argument)
{
	return read_side(((struct login *)argument)->slave) ?: try_out();
}

TEST(pty)
{
	struct login login = login_new();

	ROW("P13/pty", "tracked", "file_permission");
	EXPECT_EQ(0, in_child(print, &login));
	EXPECT_DENIED(in_child(emulator, &login));
	login_end(&login);
}

TEST(pty_waiting)
{
	struct login login = login_new();
	pid_t reader = child_start(emulator_waiting, &login);

	ROW("P13/pty", "tracked", "tty_read");
	EXPECT_EQ(0, in_child(print, &login));
	EXPECT_DENIED(child_error(reader));
	login_end(&login);
}

TEST(pty_typed)
{
	struct login login = login_new();

	ROW("P13/pty", "tracked", "file_permission");
	EXPECT_EQ(0, in_child(type, &login));
	EXPECT_DENIED(in_child(shell_side, &login));
	login_end(&login);
}

/* The shell of a session in which labelled data was printed has nothing of it. */
static int type_plain(void *argument)
{
	struct login *login = argument;

	return write(login->master, canary, sizeof(canary)) < 0 ? errno : 0;
}

TEST(pty_shell_stays_free)
{
	struct login login = login_new();

	EXPECT_EQ(0, in_child(print, &login));
	EXPECT_EQ(0, in_child(type_plain, &login));
	EXPECT_EQ(0, in_child(shell_side, &login));
	login_end(&login);
}

/* --- a session from another host ------------------------------------------------- */

#define SESSION_LOST 100 /* + the errno of what the session could not send */

struct login_from {
	const char *host;
	int (*print)(void *);
};

/* Sends on what comes from the pty. Return: 0 or an errno. */
static int session_relay(int master, int fd)
{
	struct pollfd poll_in = { .fd = master, .events = POLLIN };
	char buffer[256];

	while (poll(&poll_in, 1, 1500) == 1) {
		ssize_t size = read(master, buffer, sizeof(buffer));

		if (size <= 0 || send(fd, buffer, size, 0) != size)
			return errno;
	}
	return send(fd, "still here", 10, 0) < 0 ? errno : 0;
}

/* As sshd: opens a pty for a client that is connected, and starts a program on it. */
static int session(void *argument)
{
	struct login_from *from = argument;
	struct endpoint to = endpoint(from->host, PORT);
	int fd = socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0), error, printed;
	struct login login = login_new();
	pid_t pid;

	if (connect(fd, (void *)&to.address, to.length))
		return SESSION_LOST;
	pid = child_start(from->print, &login);
	error = session_relay(login.master, fd);
	printed = child_error(pid);
	return error ? SESSION_LOST + error : printed;
}

static int session_from(const char *host, int (*print)(void *))
{
	struct login_from from = { host, print };

	return in_child(session, &from);
}

TEST(login)
{
	ROW("P13/login", "blocked", "file_permission");
	arrived("in", false);
	arrived("out", false);
	EXPECT_DENIED(session_from(OUT4, print));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"tty\"", OUT4, LABELLED));
	EXPECT_EQ(0, session_from(OUT4, print_plain));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_EQ(0, session_from(IN4, print));
	EXPECT_TRUE(arrived("in", true));
}

/* --- words put into somebody's mouth, the console ----------------------------------- */

static int inject(void *argument)
{
	struct login *login = argument;

	return ioctl(login->slave, TIOCSTI, "x") ? errno : 0;
}

static int inject_labelled(void *argument)
{
	return take_label() ?: inject(argument);
}

TEST(injection)
{
	struct login login = login_new();

	ROW("P13/tiocsti", "blocked", "file_ioctl");
	shell("sysctl -qw dev.tty.legacy_tiocsti=1");
	EXPECT_EQ(0, in_child(inject, &login));
	EXPECT_DENIED(in_child(inject_labelled, &login));
	if (enforcing)
		EXPECT_TRUE(recorded("\"tty\"", "\"terminal\"", LABELLED));
	login_end(&login);
}

static int console_write(void *argument)
{
	int fd = open("/dev/console", O_WRONLY | O_NOCTTY);

	if (fd < 0)
		return errno;
	return write(fd, "# console\n", 10) < 0 ? errno : 0;
}

static int console_write_labelled(void *argument)
{
	return take_label() ?: console_write(argument);
}

TEST(console)
{
	ROW("P13/console", "blocked", "file_permission");
	EXPECT_EQ(0, in_child(console_write, NULL));
	EXPECT_DENIED(in_child(console_write_labelled, NULL));
}
