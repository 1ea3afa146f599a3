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
