// SPDX-License-Identifier: GPL-2.0-only
/* Nobody writes a label but Domicile, and nobody loses one to a trick. */

#include "domicile_test.h"

#include <sys/xattr.h>

#define NAME "security.domicile"

FIXTURE(guard) {
	uid_t uid;
};

FIXTURE_VARIANT(guard) {
	uid_t uid;
};

FIXTURE_VARIANT_ADD(guard, root) { .uid = 0 };
FIXTURE_VARIANT_ADD(guard, unprivileged) { .uid = 65534 };

FIXTURE_SETUP(guard)
{
	shell("chmod 0666 " LABELLED);
	self->uid = variant->uid;
}

FIXTURE_TEARDOWN(guard)
{
}

static int as(void *argument, int (*work)(void))
{
	uid_t uid = *(uid_t *)argument;

	if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		return errno;
	return work();
}

static int remove_label(void)
{
	return lremovexattr(LABELLED, NAME) ? errno : 0;
}

static int overwrite_label(void)
{
	char value[16] = { 1 };

	return lsetxattr(LABELLED, NAME, value, sizeof(value), 0) ? errno : 0;
}

static int overwrite_by_fd(void)
{
	char value[16] = { 1 };
	int fd = open(LABELLED, O_WRONLY);

	return fd < 0 || fsetxattr(fd, NAME, value, sizeof(value), 0) ? errno : 0;
}

static int clear_by_command(void)
{
	return shell("domicile label clear " LABELLED " >/dev/null 2>&1") ? EPERM : 0;
}

static int child_remove(void *argument) { return as(argument, remove_label); }
static int child_overwrite(void *argument) { return as(argument, overwrite_label); }
static int child_overwrite_by_fd(void *argument) { return as(argument, overwrite_by_fd); }
static int child_clear(void *argument) { return as(argument, clear_by_command); }

TEST_F(guard, xattr)
{
	int error;

	ROW("G01/setxattr", "blocked", "inode_setxattr");
	ROW("G01/removexattr", "blocked", "inode_removexattr");
	if (!enforcing && self->uid) {
		EXPECT_EQ(EPERM, in_child(child_overwrite, &self->uid));
		return;
	}
	error = enforcing ? EPERM : 0;
	EXPECT_EQ(error, in_child(child_overwrite, &self->uid));
	EXPECT_EQ(error, in_child(child_overwrite_by_fd, &self->uid));
	EXPECT_EQ(error, in_child(child_remove, &self->uid));
	if (enforcing) {
		/* Who lacks the capability is refused by the kernel before. */
		if (!self->uid)
			EXPECT_TRUE(recorded("\"deny\"", "label_guard", "labelled"));
		EXPECT_EQ(0, shell("domicile label show " LABELLED " | grep -q cn.pii"));
	}
}

TEST(clear_needs_privilege)
{
	uid_t nobody = 65534;

	if (!enforcing)
		SKIP(return, "needs labels");
	EXPECT_EQ(EPERM, in_child(child_clear, &nobody));
	EXPECT_EQ(0, shell("domicile label show " LABELLED " | grep -q cn.pii"));
}

/* --- names ------------------------------------------------------------------ */

#define TREE DIR_TEST "/tree" /* labelled by the policy, with all that is below */
#define OUTSIDE DIR_TEST "/outside"

static int read_and_send(void *path)
{
	char buffer[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return try_out();
}

static int leak(const char *path)
{
	return in_child(read_and_send, (void *)path);
}

/* What a descriptor gives that was opened before. */
static int reread_and_send(void *fd)
{
	char buffer[256];

	if (pread(*(int *)fd, buffer, sizeof(buffer), 0) <= 0)
		return EIO;
	return try_out();
}

static bool labelled(const char *path)
{
	return !shell("domicile label show %s | grep -q cn.pii", path);
}

static void outside_make(void)
{
	shell("rm -rf " OUTSIDE " " TREE "/*; mkdir " OUTSIDE);
	file_write(OUTSIDE "/plain", canary);
}

/* Also by who restores a backup. Nothing leaks; who relies on the name is told. */
TEST(rename_over_labelled)
{
	ROW("G01/rename", "accepted", "inode_rename");
	ROW("G01/restore", "accepted", "inode_rename");
	outside_make();
	file_write(OUTSIDE "/person-rename", "of a person");
	if (enforcing)
		ASSERT_EQ(0, shell("domicile label set cn.pii " OUTSIDE "/person-rename"));
	EXPECT_EQ(0, rename(OUTSIDE "/plain", OUTSIDE "/person-rename"));
	EXPECT_EQ(0, leak(OUTSIDE "/person-rename"));
	if (enforcing)
		EXPECT_TRUE(recorded("label_replaced", "inode_rename", "person-rename"));
}

static int save_as_editors_do(void *path)
{
	int error = take_label(), fd = open(OUTSIDE "/saving", O_WRONLY | O_CREAT, 0600);

	if (error || write(fd, canary, sizeof(canary)) != sizeof(canary) || close(fd))
		return EIO;
	return rename(OUTSIDE "/saving", path) ? errno : 0;
}

/* The successor has the label: there is nothing to tell. */
TEST(saved_by_labelled)
{
	outside_make();
	file_write(OUTSIDE "/person-saved", "of a person");
	if (enforcing)
		ASSERT_EQ(0, shell("domicile label set cn.pii " OUTSIDE "/person-saved"));
	EXPECT_EQ(0, in_child(save_as_editors_do, OUTSIDE "/person-saved"));
	EXPECT_DENIED(leak(OUTSIDE "/person-saved"));
	if (enforcing)
		EXPECT_FALSE(recorded("label_replaced", "inode_rename", "person-saved"));
}

TEST(renamed_into_tree)
{
	int before;

	ROW("G01/rename", "tracked", "vfs_rename, domicile_label_inherit");
	outside_make();
	before = open(OUTSIDE "/plain", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(0, in_child(reread_and_send, &before));
	EXPECT_EQ(0, rename(OUTSIDE "/plain", TREE "/renamed"));
	EXPECT_EQ(enforcing, labelled(TREE "/renamed"));
	EXPECT_DENIED(in_child(reread_and_send, &before));
	EXPECT_DENIED(leak(TREE "/renamed"));
	close(before);
}

TEST(exchanged_into_tree)
{
	ROW("G01/rename", "tracked", "vfs_rename, domicile_label_inherit");
	outside_make();
	file_write(TREE "/exchanged", canary);
	EXPECT_EQ(0, renameat2(AT_FDCWD, OUTSIDE "/plain", AT_FDCWD, TREE "/exchanged",
			       RENAME_EXCHANGE));
	EXPECT_EQ(enforcing, labelled(TREE "/exchanged"));
	EXPECT_DENIED(leak(TREE "/exchanged"));
	EXPECT_DENIED(leak(OUTSIDE "/plain"));
}

/* Whoever reads it by the name outside reads what is written by the one below. */
TEST(linked_into_tree)
{
	ROW("G01/rename", "tracked", "vfs_link, domicile_label_inherit");
	outside_make();
	EXPECT_EQ(0, link(OUTSIDE "/plain", TREE "/linked"));
	EXPECT_DENIED(leak(OUTSIDE "/plain"));
	EXPECT_EQ(enforcing, labelled(OUTSIDE "/plain"));
}

/* A directory brings in files that have names elsewhere. */
TEST(links_moved_into_tree)
{
	ROW("G01/rename", "tracked", "file_open");
	outside_make();
	EXPECT_EQ(0, mkdir(OUTSIDE "/directory", 0755));
	EXPECT_EQ(0, link(OUTSIDE "/plain", OUTSIDE "/directory/linked"));
	EXPECT_EQ(0, rename(OUTSIDE "/directory", TREE "/directory"));
	EXPECT_EQ(0, leak(OUTSIDE "/plain"));
	EXPECT_DENIED(leak(TREE "/directory/linked"));
	EXPECT_DENIED(leak(OUTSIDE "/plain"));
}

/* What moves elsewhere gets no label that it had not. */
TEST(renamed_outside)
{
	outside_make();
	EXPECT_EQ(0, mkdir(OUTSIDE "/directory", 0755));
	EXPECT_EQ(0, rename(OUTSIDE "/plain", OUTSIDE "/directory/plain"));
	EXPECT_EQ(0, link(OUTSIDE "/directory/plain", OUTSIDE "/linked"));
	EXPECT_EQ(0, leak(OUTSIDE "/linked"));
	EXPECT_FALSE(labelled(OUTSIDE "/linked"));
}

/* --- restoring a backup that has no labels ----------------------------------- */

static const char *const restore[] = {
	"cp %s/backup/file %s/file",
	"tar -C %s/backup -c file | tar -C %s -x",
	"rsync -aW %s/backup/ %s",
	"rsync -aWT " OUTSIDE " %s/backup/ %s",
	"rsync -aW --inplace %s/backup/ %s",
	"mv %s/backup/file %s/file",
};

static void backup_make(void)
{
	outside_make();
	shell("mkdir " OUTSIDE "/backup");
	file_write(OUTSIDE "/backup/file", canary);
	shell("touch -d yesterday " OUTSIDE "/backup/file");
}

/* Below a path of the policy, what comes back is labelled as what was there. */
TEST(restored_in_tree)
{
	ROW("G01/restore", "tracked", "file_open, vfs_rename, domicile_label_inherit");
	for (int i = 0; i < sizeof(restore) / sizeof(*restore); i++) {
		backup_make();
		file_write(TREE "/file", "of a person");
		ASSERT_EQ(0, shell(restore[i], OUTSIDE, TREE));
		EXPECT_EQ(enforcing, labelled(TREE "/file")) {
			TH_LOG("%s", restore[i]);
		}
		EXPECT_DENIED(leak(TREE "/file"));
	}
}

/* Elsewhere the file that is written to keeps its label. */
TEST(restored_elsewhere)
{
	ROW("G01/restore", "tracked", "file_open, file_permission");
	backup_make();
	file_write(OUTSIDE "/file", "of a person");
	if (enforcing)
		ASSERT_EQ(0, shell("domicile label set cn.pii " OUTSIDE "/file"));
	ASSERT_EQ(0, shell("cp " OUTSIDE "/backup/file " OUTSIDE "/file"));
	EXPECT_EQ(enforcing, labelled(OUTSIDE "/file"));
	EXPECT_DENIED(leak(OUTSIDE "/file"));
}

/* ----------------------------------------------------------------------------- */

/* Other attributes are none of our business. */
TEST(other_attributes)
{
	EXPECT_EQ(0, lsetxattr(LABELLED, "user.test", "x", 1, 0));
	EXPECT_EQ(0, lremovexattr(LABELLED, "user.test"));
	EXPECT_EQ(0, lsetxattr(LABELLED, "security.domicile-not", "x", 1, 0));
	EXPECT_EQ(0, lremovexattr(LABELLED, "security.domicile-not"));
}

/* A user namespace gives no power over labels. */
static int in_user_namespace(void *argument)
{
	uid_t nobody = 65534;

	if (setresgid(nobody, nobody, nobody) || setresuid(nobody, nobody, nobody))
		return errno;
	return shell("unshare -Urm setfattr -n " NAME " -v 0x01 " LABELLED " 2>/dev/null") ?
		       EPERM : 0;
}

TEST(user_namespace)
{
	EXPECT_EQ(EPERM, in_child(in_user_namespace, NULL));
}
