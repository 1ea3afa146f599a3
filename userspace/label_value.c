// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include "label_value.h"

int label_value_parse(struct label_value *value, const void *bytes, size_t size)
{
	const struct domicile_xattr *xattr = bytes;
	struct label_value parsed = { 0 };

	if (size < sizeof(*xattr) || xattr->version != DOMICILE_XATTR_VERSION || xattr->reserved)
		return -EUCLEAN;
	parsed.count = le16toh(xattr->count);
	if (parsed.count > DOMICILE_LABELS_MAX ||
	    size != sizeof(*xattr) + parsed.count * sizeof(*xattr->id))
		return -EUCLEAN;
	for (__u32 i = 0; i < parsed.count; i++) {
		parsed.id[i] = le32toh(xattr->id[i]);
		if (!parsed.id[i] || (i && parsed.id[i] <= parsed.id[i - 1]))
			return -EUCLEAN;
	}
	parsed.flags = xattr->flags;
	parsed.subject = le64toh(xattr->subject);
	*value = parsed;
	return 0;
}

static int take(struct label_value *value, const void *bytes, ssize_t size)
{
	if (size < 0)
		return errno == ERANGE ? -EUCLEAN : -errno;
	return label_value_parse(value, bytes, size);
}

int label_value_read(struct label_value *value, const char *path)
{
	_Alignas(struct domicile_xattr) char bytes[DOMICILE_XATTR_SIZE_MAX];

	return take(value, bytes, lgetxattr(path, DOMICILE_XATTR_NAME, bytes, sizeof(bytes)));
}

int label_value_read_fd(struct label_value *value, int fd)
{
	_Alignas(struct domicile_xattr) char bytes[DOMICILE_XATTR_SIZE_MAX];
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return take(value, bytes, getxattr(path, DOMICILE_XATTR_NAME, bytes, sizeof(bytes)));
}
