// SPDX-License-Identifier: GPL-2.0-only
/*
 * OTLP/HTTP: a batch is one request, and what was answered with success has arrived. All other
 * answers are tried again, also those that the specification calls final: a log must not lose
 * what a collector was not set up for.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "await.h"
#include "cleanup.h"
#include "export_field.h"
#include "interrupt.h"
#include "moment.h"
#include "target.h"

#define CONNECT_S 10
#define REQUEST_S 60
#define ANSWER_MAX 65536
#define RETRY_AFTER_MAX 600 /* s */

struct reply {
	char text[ANSWER_MAX + 1]; /* the beginning of it */
	size_t size;
};

static size_t reply_add(char *data, size_t one, size_t size, void *context)
{
	struct reply *reply = context;
	size_t room = ANSWER_MAX - reply->size, taken = size < room ? size : room;

	memcpy(reply->text + reply->size, data, taken);
	reply->size += taken;
	reply->text[reply->size] = '\0';
	return size;
}

static int is_stopped(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		      curl_off_t up)
{
	return interrupt_waits();
}

static int headers_read(struct target *target, const char *path, struct fault *fault)
{
	cleanup(close_file) FILE *file = fopen(path, "re");
	cleanup(free_memory) char *line = NULL;
	size_t size = 0;

	if (!file)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		struct curl_slist *longer;

		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!strchr(line, ':'))
			return fault_set(fault, -EINVAL, "%s: a line is not of the form 'Name: value'",
					 path);
		longer = curl_slist_append(target->headers, line);
		if (!longer)
			return -ENOMEM;
		target->headers = longer;
	}
	return ferror(file) ? fault_set(fault, -EIO, "%s: cannot be read", path) : 0;
}

/* Without waiting for leave to send, which few servers give. */
static int headers_begin(struct target *target)
{
	struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");

	target->headers = type ? curl_slist_append(type, "Expect:") : NULL;
	if (!target->headers)
		curl_slist_free_all(type);
	return target->headers ? 0 : -ENOMEM;
}

static int url_check(const char *text, struct fault *fault)
{
	CURLU *url = curl_url();
	CURLUcode result = url ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;

	curl_url_cleanup(url);
	return result ? fault_set(fault, -EINVAL, "'%s': %s", text, curl_url_strerror(result)) : 0;
}

static void tls_options(CURL *curl, const struct target_options *options)
{
	if (options->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, options->certificate);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, options->key);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

static int http_open(struct target *target, const struct target_options *options,
		     struct fault *fault)
{
	int err = url_check(target->text, fault);

	target->curl = err ? NULL : curl_easy_init();
	if (!target->curl)
		return err ? err : -ENOMEM;
	err = headers_begin(target);
	if (!err && options->headers)
		err = headers_read(target, options->headers, fault);
	curl_easy_setopt(target->curl, CURLOPT_URL, target->text);
	curl_easy_setopt(target->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(target->curl, CURLOPT_HTTPHEADER, target->headers);
	curl_easy_setopt(target->curl, CURLOPT_USERAGENT, "domicile/" DOMICILE_VERSION);
	curl_easy_setopt(target->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(target->curl, CURLOPT_TIMEOUT, (long)REQUEST_S);
	curl_easy_setopt(target->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(target->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(target->curl, CURLOPT_XFERINFOFUNCTION, is_stopped);
	curl_easy_setopt(target->curl, CURLOPT_WRITEFUNCTION, reply_add);
	tls_options(target->curl, options);
	return err;
}

static char *body_make(const struct target *target, const struct batch *batch, size_t *size)
{
	char *body = NULL;
	FILE *file = open_memstream(&body, size);

	if (!file)
		return NULL;
	fputs(target->format->head, file);
	for (size_t i = 0; i < batch->count; i++) {
		fputs(i ? "," : "", file);
		fwrite(batch->messages[i].data, 1, batch->messages[i].size, file);
	}
	fputs(target->format->tail, file);
	if (!fclose(file))
		return body;
	free(body);
	return NULL;
}

/* What a server says goes to a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

/* It took the request, but not all in it, and must not be asked again. */
static void rejected_complain(const struct target *target, const struct reply *reply)
{
	cleanup(free_json) json_t *root = json_loads(reply->text, 0, NULL);
	const json_t *rejected = export_get(root, "partialSuccess.rejectedLogRecords");
	const char *why = export_get_text(root, "partialSuccess.errorMessage");
	char count[EXPORT_VALUE_SIZE], message[200];
	long long number = rejected ? atoll(export_value_text(rejected, count)) : 0;

	snprintf(message, sizeof(message), "%s", why ? why : "it does not say why");
	make_printable(message);
	if (number > 0)
		complain("audit export: %s rejected %lld entries for good: %s", target->text, number,
			 message);
}

/* The server says when to come back; the caller waits some more. */
static int retry_after(CURL *curl)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > RETRY_AFTER_MAX)
		seconds = RETRY_AFTER_MAX;
	return seconds > 0 ? await_time(seconds * MOMENT_NS_PER_S) : 0;
}

static int answer_judge(struct target *target, struct reply *reply, struct fault *fault)
{
	long status = 0;
	int err;

	curl_easy_getinfo(target->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300) {
		rejected_complain(target, reply);
		return 0;
	}
	reply->text[strcspn(reply->text, "\r\n")] = '\0';
	make_printable(reply->text);
	err = status == 413 ? 0 : retry_after(target->curl);
	return fault_set(fault, err ? err : status == 413 ? -EMSGSIZE : -EREMOTEIO,
			 "HTTP status %ld%s%.200s", status, reply->size ? ": " : "", reply->text);
}

static int http_send(struct target *target, const struct batch *batch, struct fault *fault)
{
	cleanup(free_memory) struct reply *reply = calloc(1, sizeof(*reply));
	size_t size;
	cleanup(free_memory) char *body = body_make(target, batch, &size);
	CURLcode result;

	if (!reply || !body)
		return fault_set(fault, -ENOMEM, "no memory");
	curl_easy_setopt(target->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(target->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(target->curl, CURLOPT_WRITEDATA, reply);
	result = curl_easy_perform(target->curl);
	if (result == CURLE_ABORTED_BY_CALLBACK)
		return -EINTR;
	if (result)
		return fault_set(fault, -ENOTCONN, "%s", curl_easy_strerror(result));
	return answer_judge(target, reply, fault);
}

static void http_close(struct target *target)
{
	curl_easy_cleanup(target->curl);
	curl_slist_free_all(target->headers);
}

const struct target_kind target_http = {
	.prefix = "http://", .open = http_open, .send = http_send, .close = http_close,
};

const struct target_kind target_https = {
	.prefix = "https://", .open = http_open, .send = http_send, .close = http_close,
};
