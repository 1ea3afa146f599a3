// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

static int output_send(struct target *target, const struct batch *batch, struct fault *fault)
{
	const struct export_format *format = target->format;
	const char *head = format->head ? format->head : "", *tail = format->tail ? format->tail : "";

	for (size_t i = 0; i < batch->count; i++) {
		fputs(head, stdout);
		fwrite(batch->messages[i].data, 1, batch->messages[i].size, stdout);
		fprintf(stdout, "%s\n", tail);
	}
	if (fflush(stdout) || ferror(stdout))
		return fault_set(fault, -EPIPE, "cannot write to standard output: %s",
				 strerror(errno));
	return 0;
}

const struct target_kind target_output = { .prefix = "-", .send = output_send };

static const struct target_kind *const kinds[] = {
	&target_output, &target_unix, &target_udp, &target_tcp, &target_tls, &target_http,
	&target_https,
};

static const struct target_kind *kind_of(const char *text)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(text, kinds[i]->prefix, strlen(kinds[i]->prefix)))
			return kinds[i];
	return NULL;
}

/* What each format goes to, beside standard output. */
static int format_check(const struct target *target, struct fault *fault)
{
	static const char *const where[] = {
		[EXPORT_BY_SYSLOG] = "unix:, udp://, tcp:// or tls://",
		[EXPORT_BY_HTTP] = "http:// or https://",
		[EXPORT_BY_JOURNAL] = "unix:",
	};
	const struct target_kind *kind = target->kind;
	enum export_carriage carriage = target->format->carriage;
	bool fits = kind == &target_output;

	fits |= carriage == EXPORT_BY_SYSLOG && kind->is_syslog;
	fits |= carriage == EXPORT_BY_JOURNAL && kind == &target_unix;
	fits |= carriage == EXPORT_BY_HTTP && (kind == &target_http || kind == &target_https);
	return fits ? 0 : fault_set(fault, -EINVAL, "--format %s goes to %s, or to standard output",
				    target->format->name, where[carriage]);
}

/* HOST, HOST:PORT, [HOST]:PORT; a name of digits alone is no port. */
static int host_parse(struct target *target, const char *text)
{
	const char *host = text + (*text == '['), *end, *colon;

	end = *text == '[' ? strchr(text, ']') : text + strcspn(text, ":");
	if (!end || end == host || (size_t)(end - host) >= sizeof(target->host))
		return -EINVAL;
	memcpy(target->host, host, end - host);
	colon = end + (*end == ']');
	snprintf(target->port, sizeof(target->port), "%s", target->kind->port);
	if (!*colon)
		return 0;
	if (*colon != ':' || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strlen(colon + 1) > 5 || !atoi(colon + 1) || atoi(colon + 1) > 65535)
		return -EINVAL;
	snprintf(target->port, sizeof(target->port), "%s", colon + 1);
	return 0;
}

int target_open(struct target *target, const char *text, const struct export_format *format,
		const struct target_options *options, struct fault *fault)
{
	int err;

	*target = (struct target){ .kind = kind_of(text), .text = text, .format = format, .fd = -1 };
	if (!target->kind || (target->kind == &target_output && text[1]))
		return fault_set(fault, -EINVAL, "'%s' is no target (unix:PATH, udp://HOST:PORT, "
				 "tcp://HOST:PORT, tls://HOST:PORT, http://..., https://... or -)",
				 text);
	err = format_check(target, fault);
	if (err)
		return err;
	if (target->kind->port && host_parse(target, text + strlen(target->kind->prefix)))
		return fault_set(fault, -EINVAL, "'%s' is not of the form %sHOST:PORT", text,
				 target->kind->prefix);
	return target->kind->open ? target->kind->open(target, options, fault) : 0;
}

int target_send(struct target *target, const struct batch *batch, struct fault *fault)
{
	return target->kind->send(target, batch, fault);
}

int target_check(struct target *target)
{
	return target->kind->check ? target->kind->check(target) : 0;
}

int target_finish(struct target *target)
{
	return target->kind->finish ? target->kind->finish(target) : 0;
}

void target_close(struct target *target)
{
	if (target->kind && target->kind->close)
		target->kind->close(target);
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		free(batch->messages[i].data);
	batch->count = batch->bytes = 0;
}
