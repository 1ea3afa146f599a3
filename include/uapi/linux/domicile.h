/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink protocol of domicile.ko.
 *
 * Family "domicile", version 1. Integers are in host byte order. Every command
 * is answered by an acknowledgement (NLMSG_ERROR with error 0) when NLM_F_ACK
 * is set, or by a negative errno with an extended-ack message in clear text.
 *
 * DOMICILE_CMD_STATUS
 *	No privilege needed. Request: no attributes. Reply:
 *	  DOMICILE_A_VERSION		string, version of the module
 *	  DOMICILE_A_ABI		u32, DOMICILE_ABI
 *	  DOMICILE_A_STORED		u64, label values written to disk
 *	  DOMICILE_A_STORE_FAILED	u64, label values that could not be written
 *
 * DOMICILE_CMD_LABEL_SET
 *	Needs CAP_MAC_ADMIN in the initial user namespace. Joins labels to the
 *	inode behind a file descriptor of the caller (O_PATH will do), on disk
 *	and in what the kernel remembers, in one step. Request:
 *	  DOMICILE_A_FD			s32, regular file or directory
 *	  DOMICILE_A_LABELS		array of u32 label ids, 1 to 256
 *	A directory's labels are inherited by what is below it.
 *	Errors: EBADF no such descriptor; EINVAL missing or malformed attribute,
 *	or neither a regular file nor a directory; EOPNOTSUPP the file system
 *	has no security xattrs; E2BIG more than 256 labels; EUCLEAN the value on
 *	disk is damaged (clear it first); EROFS, ENOSPC, EDQUOT, EIO from the
 *	file system; EPERM no capability.
 *
 * DOMICILE_CMD_LABEL_CLEAR
 *	As LABEL_SET; takes the given labels off the disk, or all of them when
 *	DOMICILE_A_LABELS is absent. Only the disk: what the kernel remembers is
 *	the business of who calls, which has to reset the inode's entry in the
 *	BPF map "inode_labels" afterwards. Clearing what is not there succeeds.
 *
 * DOMICILE_CMD_LABEL_GET
 *	Needs CAP_MAC_ADMIN. Request: DOMICILE_A_FD. Reply:
 *	  DOMICILE_A_LABELS		array of u32 label ids, absent if none
 *	  DOMICILE_A_FLAGS		u32, DOMICILE_XATTR_* of the value
 *	  DOMICILE_A_SUBJECT		u64, data subject, absent if none
 *	Errors as LABEL_SET.
 */
#ifndef _UAPI_LINUX_DOMICILE_H
#define _UAPI_LINUX_DOMICILE_H

#define DOMICILE_GENL_NAME "domicile"
#define DOMICILE_GENL_VERSION 1

/*
 * Grows by one whenever the module's kfuncs or this protocol change in a way
 * that user space must know. Programs refuse a module with another number.
 */
#define DOMICILE_ABI 1

enum domicile_cmd {
	DOMICILE_CMD_UNSPEC,
	DOMICILE_CMD_STATUS,
	DOMICILE_CMD_LABEL_SET,
	DOMICILE_CMD_LABEL_CLEAR,
	DOMICILE_CMD_LABEL_GET,
	__DOMICILE_CMD_MAX,
};
#define DOMICILE_CMD_MAX (__DOMICILE_CMD_MAX - 1)

enum domicile_attr {
	DOMICILE_A_UNSPEC,
	DOMICILE_A_PAD,
	DOMICILE_A_VERSION, /* string */
	DOMICILE_A_ABI, /* u32 */
	DOMICILE_A_STORED, /* u64 */
	DOMICILE_A_STORE_FAILED, /* u64 */
	DOMICILE_A_FD, /* s32 */
	DOMICILE_A_LABELS, /* binary, u32[] */
	DOMICILE_A_FLAGS, /* u32 */
	DOMICILE_A_SUBJECT, /* u64 */
	__DOMICILE_A_MAX,
};
#define DOMICILE_A_MAX (__DOMICILE_A_MAX - 1)

#endif /* _UAPI_LINUX_DOMICILE_H */
