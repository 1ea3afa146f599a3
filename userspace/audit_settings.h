/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the audit log is kept, as domiciled.conf says: a setting a line, its name, blanks,
 * and its value. '#' begins a comment.
 */
#ifndef DOMICILE_AUDIT_SETTINGS_H
#define DOMICILE_AUDIT_SETTINGS_H

#include <limits.h>
#include <linux/types.h>

#include "fault.h"
#include "note_key.h"

#define AUDIT_SETTINGS_FILE "/etc/domicile/domiciled.conf"

struct audit_settings {
	char key[PATH_MAX]; /* of the key that signs */
	char name[NOTE_NAME_MAX]; /* of a new log: the host's, and /domicile */
	__u64 max_age; /* ns; 0: entries are kept for ever */
	__u64 max_size; /* bytes on disk; 0: any */
};

void audit_settings_default(struct audit_settings *settings);

/*
 * Of "log-key", "log-name", "log-max-age" (days) and "log-max-size" (MB, 10^6 bytes). NULL, or
 * what @value must be; @settings is as it was then.
 */
const char *audit_setting_set(struct audit_settings *settings, const char *setting,
			      const char *value);

/* A file that is not there says nothing. Negative errno, with @fault, which has the line. */
int audit_settings_read(struct audit_settings *settings, const char *path, struct fault *fault);

#endif /* DOMICILE_AUDIT_SETTINGS_H */
