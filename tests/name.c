// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels follow the inode: other names for a file, files without a name, and
 * who hears of names.
 */

#include "channel.h"
#include "place.h"

#include <linux/fanotify.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/syscall.h>

#define OTHER "other"

/* --- other names ------------------------------------------------------------------ */

static int name_link(const char *path, const char *other)
{
	return link(path, other);
}

static int name_rename(const char *path, const char *other)
{
	return rename(path, other);
}

static int name_exchange(const char *path, const char *other)
{
	file_write(other, canary);
	return renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);
}

static int named_by(int place, int (*name)(const char *path, const char *other))
{
	char *path = path_at(place, "carrier"), *other = path_at(place, OTHER);
	int error = in_child(place_leave, path) ?: name(path, other);

	if (error)
		return 1000;
	error = in_child(place_take, other);
	unlink(other);
	return error;
}

TEST(name_by_link)
{
	ROW("F05/link", "tracked", "inode storage");
	EACH_PLACE(place) {
		EXPECT_DENIED(named_by(place, name_link));
		EXPECT_DENIED(in_child(place_take, path_at(place, "carrier")));
		unlink(path_at(place, "carrier"));
	}
}

TEST(name_by_rename)
{
	ROW("F05/rename", "tracked", "inode storage");
	EACH_PLACE(place)
		EXPECT_DENIED(named_by(place, name_rename));
}

/* The plain file of the pair stays plain. */
TEST(name_by_exchange)
{
	ROW("F05/exchange", "tracked", "inode storage");
	EACH_PLACE(place) {
		EXPECT_DENIED(named_by(place, name_exchange));
		EXPECT_EQ(0, in_child(place_take, path_at(place, "carrier")));
		unlink(path_at(place, "carrier"));
	}
}

/* --- other paths ------------------------------------------------------------------- */

static int take_bind(void *argument)
{
	const char *place = places[*(int *)argument];
	static char path[] = DIR_TEST "/bind/carrier";

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(place, DIR_TEST "/bind", NULL, MS_BIND, NULL))
		return EIO;
	return place_take(path);
}

static int take_chroot(void *argument)
{
	static char path[] = "/carrier";

	return chroot(places[*(int *)argument]) ? errno : place_take(path);
}

static int take_o_path(void *argument)
{
	int fd = open(path_at(*(int *)argument, "carrier"), O_PATH);
	char path[64];

	/* Nothing was obtained yet. */
	if (fd < 0 || try_out())
		return EIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return place_take(path);
}

static int take_handle(void *argument)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int id, directory = open(places[*(int *)argument], O_RDONLY | O_DIRECTORY), fd;

	if (name_to_handle_at(directory, "carrier", &file.handle, &id, 0))
		return EIO;
	fd = open_by_handle_at(directory, &file.handle, O_RDONLY);
	return fd < 0 ? EIO : place_take_fd(&fd);
}

static int reached_by(int place, int (*take)(void *argument))
{
	char *path = path_at(place, "carrier");
	int error = in_child(place_leave, path);

	if (error)
		return 1000 + error;
	mkdir(DIR_TEST "/bind", 0755);
	error = in_child(take, &place);
	rmdir(DIR_TEST "/bind");
	unlink(path);
	return error;
}

TEST(path_by_bind)
{
	ROW("F05/bind", "tracked", "file_open");
	EACH_PLACE(place)
		EXPECT_DENIED(reached_by(place, take_bind));
}

TEST(path_by_chroot)
{
	ROW("F05/chroot", "tracked", "file_open");
	EACH_PLACE(place)
		EXPECT_DENIED(reached_by(place, take_chroot));
}

TEST(path_by_o_path)
{
	ROW("F05/o_path", "tracked", "file_open");
	EACH_PLACE(place)
		EXPECT_DENIED(reached_by(place, take_o_path));
}

TEST(path_by_handle)
{
	ROW("F05/handle", "tracked", "file_open");
	EACH_PLACE(place)
		EXPECT_DENIED(reached_by(place, take_handle));
}

/* --- no name ------------------------------------------------------------------------- */

static int leave_tmpfile(void *argument)
{
	int place = *(int *)argument, fd, error = take_label();
	char path[64];

	if (error)
		return error;
	fd = open(places[place], O_TMPFILE | O_RDWR, 0644);
	if (fd < 0 || write(fd, canary, sizeof(canary)) < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, path_at(place, OTHER), AT_SYMLINK_FOLLOW) ?
		       errno : 0;
}

TEST(nameless_tmpfile)
{
	ROW("F06/tmpfile", "tracked", "file_permission");
	EACH_PLACE(place) {
		EXPECT_EQ(0, in_child(leave_tmpfile, &place));
		EXPECT_DENIED(in_child(place_take, path_at(place, OTHER)));
		unlink(path_at(place, OTHER));
	}
}

static int leave_fd(void *argument)
{
	return take_label() ?:
	       pwrite(*(int *)argument, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(nameless_memfd)
{
	int fd = memfd_create("domicile-test", 0);

	ROW("F06/memfd", "tracked", "file_permission");
	EXPECT_EQ(0, in_child(leave_fd, &fd));
	EXPECT_DENIED(in_child(place_take_fd, &fd));
	close(fd);
}

static int leave_sealed(void *argument)
{
	int fd = memfd_create("domicile-test", MFD_ALLOW_SEALING);

	if (leave_fd(&fd) || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL))
		return EIO;
	return pass_fd(*(int *)argument, fd);
}

static int take_sealed(void *argument)
{
	int fd = take_fd(*(int *)argument);

	return place_take_fd(&fd);
}

TEST(nameless_memfd_sealed)
{
	int fds[2];

	ROW("F06/sealed", "tracked", "file_receive");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	EXPECT_EQ(0, in_child(leave_sealed, &fds[0]));
	EXPECT_DENIED(in_child(take_sealed, &fds[1]));
	close(fds[0]);
	close(fds[1]);
}

TEST(nameless_deleted)
{
	ROW("F06/deleted", "tracked", "file_permission");
	EACH_PLACE(place) {
		int fd = open(path_at(place, OTHER), O_RDWR | O_CREAT, 0600);

		EXPECT_EQ(0, unlink(path_at(place, OTHER)));
		EXPECT_EQ(0, in_child(leave_fd, &fd));
		EXPECT_DENIED(in_child(place_take_fd, &fd));
		close(fd);
	}
}

/* --- who hears of names ------------------------------------------------------------------ */

static int hear(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char buffer[4096];

	if (poll(&poll_fd, 1, 10 * 1000) != 1 || read(fd, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return try_out();
}

static int inotify_watcher(void *argument)
{
	int fd = inotify_init();

	return inotify_add_watch(fd, argument, IN_MODIFY | IN_CREATE) < 0 ? errno : hear(fd);
}

static int fanotify_watcher(void *argument)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, 0);

	return fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY | FAN_EVENT_ON_CHILD, AT_FDCWD,
			     argument) ? errno : hear(fd);
}

static int watched_by(int place, int (*watcher)(void *argument))
{
	char *path = path_at(place, "carrier");
	pid_t pid = child_start(watcher, (void *)places[place]);
	int error;

	usleep(500 * 1000);
	error = in_child(place_leave, path) ?: child_error(pid);
	unlink(path);
	return error;
}

TEST(inotify_names)
{
	ROW("F17/inotify", "accepted", "names only");
	EACH_PLACE(place)
		EXPECT_EQ(0, watched_by(place, inotify_watcher));
}

TEST(fanotify_names)
{
	ROW("F17/fanotify", "accepted", "names only");
	EACH_PLACE(place)
		EXPECT_EQ(0, watched_by(place, fanotify_watcher));
}
