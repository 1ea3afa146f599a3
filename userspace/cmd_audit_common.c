// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_audit.h"

enum answer audit_refuse(const char *what, int err, const struct fault *fault)
{
	bool is_host = err == -EACCES || err == -EPERM || err == -EPROTONOSUPPORT ||
		       err == -EROFS || err == -ENOSPC || err == -EDQUOT || err == -EIO ||
		       err == -ENOMEM || err == -EBUSY;

	return refuse(is_host ? ANSWER_HOST : ANSWER_NO, "%s: %s%s", what,
		      fault->text[0] ? fault->text : strerror(-err),
		      err == -EACCES ? " (run as root, or copy it)" : "");
}

int audit_key_option(struct note_key *key, const char *argument, struct fault *fault)
{
	if (access(argument, F_OK) && strchr(argument, '+'))
		return note_key_parse(key, argument, fault);
	return note_key_read(key, argument, fault);
}
