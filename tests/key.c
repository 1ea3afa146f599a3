// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel through the kernel's keyrings. */

#include "domicile_test.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>

#define DESCRIPTION "domicile-test"
#define HELPER "/sbin/request-key"
#define READABLE 0x3f3f0000 /* by its possessor and its user */

static const char *const type_user = "user", *const type_big = "big_key";

static int key_add(const char *type, const char *payload, size_t size)
{
	int key = syscall(SYS_add_key, type, DESCRIPTION, payload, size, KEY_SPEC_USER_KEYRING);

	if (key >= 0)
		syscall(SYS_keyctl, KEYCTL_SETPERM, key, READABLE);
	return key;
}

static int key_find(const char *type)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, type, DESCRIPTION, 0);
}

static int unlink_key(void *argument)
{
	int key = key_find(argument);

	return syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING) ? errno : 0;
}

/* Who finds a labelled key is labelled. */
static void key_remove(const char *type)
{
	in_child(unlink_key, (void *)type);
}

static int add(void *argument)
{
	static char payload[8192];
	size_t size = argument == type_big ? sizeof(payload) : sizeof(canary);

	memcpy(payload, canary, sizeof(canary));
	return take_label() ?: key_add(argument, payload, size) < 0 ? errno : 0;
}

static int update(void *argument)
{
	return take_label() ?: syscall(SYS_keyctl, KEYCTL_UPDATE, key_find(argument), canary,
				       sizeof(canary)) ? errno : 0;
}

static int read_key(int key)
{
	static char payload[8192];

	if (syscall(SYS_keyctl, KEYCTL_READ, key, payload, sizeof(payload)) <= 0)
		return errno;
	return strcmp(payload, canary) ? ENODATA : try_out();
}

static int find_and_read(void *argument)
{
	return read_key(key_find(argument));
}

static int request_and_read(void *argument)
{
	return read_key(syscall(SYS_request_key, argument, DESCRIPTION, NULL, 0));
}

/* Whose keyring it is in knows the key's name, and no more. */
static int list(void *argument)
{
	int keys[64];

	if (syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, keys, sizeof(keys)) <= 0)
		return errno;
	return try_out();
}

TEST(add_key)
{
	ROW("P12/add_key", "tracked", "key_validate");
	EXPECT_EQ(0, in_child(add, (void *)type_user));
	EXPECT_EQ(0, in_child(list, NULL));
	EXPECT_DENIED(in_child(find_and_read, (void *)type_user));
	key_remove(type_user);
}

TEST(request_key)
{
	ROW("P12/request_key", "tracked", "key_validate");
	EXPECT_EQ(0, in_child(add, (void *)type_user));
	EXPECT_DENIED(in_child(request_and_read, (void *)type_user));
	key_remove(type_user);
}

TEST(big_key)
{
	int error = in_child(add, (void *)type_big);

	if (error == ENODEV && shell("grep -qx CONFIG_BIG_KEYS=y /boot/config-$(uname -r)")) {
		ROW("P12/big_key", "blocked", "no_such_type");
		return;
	}
	ROW("P12/big_key", "tracked", "key_validate");
	EXPECT_EQ(0, error);
	EXPECT_DENIED(in_child(find_and_read, (void *)type_big));
	key_remove(type_big);
}

TEST(update_key)
{
	ROW("P12/add_key", "tracked", "key_permission");
	EXPECT_LE(0, key_add(type_user, canary, sizeof(canary)));
	EXPECT_EQ(0, in_child(find_and_read, (void *)type_user));
	EXPECT_EQ(0, in_child(update, (void *)type_user));
	EXPECT_DENIED(in_child(find_and_read, (void *)type_user));
	key_remove(type_user);
}

/* --- the program that makes keys on request ---------------------------------------- */

/*
 * It is told the canary, and sends it; or it is told to read the labelled file,
 * and makes a key of that.
 */
static const char helper[] =
	"#!/usr/bin/python3\n"
	"import ctypes, socket, sys\n"
	"call = ctypes.CDLL(None).syscall\n"
	"key, told = int(sys.argv[2]), ctypes.create_string_buffer(256)\n"
	"call(250, 16, key)\n"
	"call(250, 11, -7, told, 256)\n"
	"data = told.value\n"
	"if data == b'read':\n"
	"    data = open('" LABELLED "', 'rb').read()\n"
	"else:\n"
	"    try:\n"
	"        socket.socket(2, 2).sendto(data, ('" OUT4 "', 4000))\n"
	"    except PermissionError:\n"
	"        pass\n"
	"call(250, 12, key, data + b'\\0', len(data) + 1, -4)\n";

static int request_with(void *argument)
{
	int key = syscall(SYS_request_key, "user", DESCRIPTION, argument, KEY_SPEC_USER_KEYRING);

	return key < 0 ? errno : read_key(key);
}

static int request_labelled(void *argument)
{
	int error = take_label();

	if (error)
		return error;
	error = request_with(argument);
	return error == EPERM ? 0 : error;
}

FIXTURE(helper) {
	bool unused;
};

FIXTURE_SETUP(helper)
{
	if (!access(HELPER, F_OK))
		SKIP(return, HELPER " is somebody else's");
	file_write(HELPER, helper);
	chmod(HELPER, 0755);
}

FIXTURE_TEARDOWN(helper)
{
	key_remove(type_user);
	unlink(HELPER);
}

TEST_F(helper, is_told)
{
	ROW("P12/request_key", "tracked", "key_validate");
	arrived("out", false);
	EXPECT_EQ(0, in_child(request_labelled, (void *)canary));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
}

TEST_F(helper, answers)
{
	ROW("P12/request_key", "tracked", "__key_instantiate_and_link");
	EXPECT_DENIED(in_child(request_with, (void *)"read"));
}
