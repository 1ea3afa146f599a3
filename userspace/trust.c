// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "array.h"
#include "cleanup.h"
#include "policy_error.h"
#include "read_all.h"
#include "trust.h"

#define FILE_NAME "policy.pub"
#define DIRECTORY_NAME "trusted.d"
#define SUFFIX ".pub"

/* Who may write a key may put any policy in force. */
static bool others_write(const struct stat *st)
{
	return (st->st_uid && st->st_uid != geteuid()) || st->st_mode & (S_IWGRP | S_IWOTH);
}

struct wrong {
	const char *word; /* before it: "expected ", or "" */
	const char *what; /* NULL: nothing */
};

static struct wrong key_read(int parent, const char *name, struct public_key *key)
{
	cleanup(close_fd) int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup(free_memory) char *text = NULL;
	unsigned int line;
	struct stat st;
	size_t size;
	int err;

	if (fd < 0 || fstat(fd, &st))
		return (struct wrong){ "", strerror(errno) };
	if (others_write(&st))
		return (struct wrong){ "", "others may write it (chown root, chmod 644)" };
	err = read_all(fd, SIGNATURE_FILE_SIZE_MAX, &text, &size);
	if (err)
		return (struct wrong){ "", strerror(-err) };
	line = public_key_parse(text, size, key);
	return line ? (struct wrong){ "expected ", public_key_expected(line) } :
		      (struct wrong){};
}

static int key_add(struct trust *trust, const char *directory, int parent, const char *name,
		   struct policy_errors *errors)
{
	struct public_key *key = ARRAY_ADD(trust->keys, trust->count);
	struct wrong wrong;

	if (!key)
		return -ENOMEM;
	wrong = key_read(parent, name, key);
	if (!wrong.what)
		return 0;
	policy_error_add(errors, NULL, "%s/%s: no trusted key: %s%s", directory, name,
			 wrong.word, wrong.what);
	return -EINVAL;
}

static bool is_key(const char *name)
{
	size_t size = strlen(name), suffix = strlen(SUFFIX);

	return name[0] != '.' && size > suffix && !strcmp(name + size - suffix, SUFFIX);
}

static int refuse_directory(const char *name, struct policy_errors *errors)
{
	policy_error_add(errors, NULL, "%s: cannot look for trusted keys: %s", name,
			 strerror(errno));
	return -EINVAL;
}

/* Also what is there by name alone, such as a link to nothing. */
static int add_file(struct trust *trust, const char *directory, struct policy_errors *errors)
{
	cleanup(close_fd) int parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (parent < 0 || fstatat(parent, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : refuse_directory(directory, errors);
	return key_add(trust, directory, parent, FILE_NAME, errors);
}

static int add_directory(struct trust *trust, const char *directory,
			 struct policy_errors *errors)
{
	cleanup(free_memory) char *path = NULL;
	cleanup(close_directory) DIR *keys = NULL;
	struct dirent *entry;
	int err = 0;

	if (asprintf(&path, "%s/" DIRECTORY_NAME, directory) < 0)
		return -ENOMEM;
	keys = opendir(path);
	if (!keys)
		return errno == ENOENT ? 0 : refuse_directory(path, errors);
	while (!err && (entry = readdir(keys)))
		if (is_key(entry->d_name))
			err = key_add(trust, path, dirfd(keys), entry->d_name, errors);
	return err;
}

int trust_read(const char *directory, struct trust *ret, struct policy_errors *errors)
{
	struct trust trust = {};
	int err = add_file(&trust, directory, errors);

	if (!err)
		err = add_directory(&trust, directory, errors);
	if (err)
		trust_free(&trust);
	else
		*ret = trust;
	return err;
}

void trust_free(struct trust *trust)
{
	free(trust->keys);
	*trust = (struct trust){};
}

const struct public_key *trust_find(const struct trust *trust,
				    const __u8 key_id[SIGNATURE_KEY_ID_SIZE])
{
	for (size_t i = 0; i < trust->count; i++)
		if (!memcmp(trust->keys[i].id, key_id, SIGNATURE_KEY_ID_SIZE))
			return &trust->keys[i];
	return NULL;
}
