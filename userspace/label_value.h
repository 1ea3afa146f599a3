/* SPDX-License-Identifier: GPL-2.0-only */
/* security.domicile as user space reads it, without privilege. */
#ifndef DOMICILE_LABEL_VALUE_H
#define DOMICILE_LABEL_VALUE_H

#include <domicile/label.h>
#include <stddef.h>

struct label_value {
	__u64 subject;
	__u32 flags; /* DOMICILE_XATTR_* */
	__u32 count;
	__u32 id[DOMICILE_LABELS_MAX];
};

/* -EUCLEAN: does not parse, which counts as all labels. */
int label_value_parse(struct label_value *value, const void *bytes, size_t size);

/*
 * Of the file itself, symlinks are not followed. -ENODATA: no label;
 * -EOPNOTSUPP: the file system cannot hold labels.
 */
int label_value_read(struct label_value *value, const char *path);

/* As label_value_read(), of an open file; O_PATH will do. */
int label_value_read_fd(struct label_value *value, int fd);

#endif /* DOMICILE_LABEL_VALUE_H */
