// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "await.h"
#include "tls.h"

/* What OpenSSL says of the last failure. */
static const char *why(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "TLS failed";
}

static int certificates_load(SSL_CTX *context, const char *ca, const char *certificate,
			     const char *key, struct fault *fault)
{
	if (ca ? !SSL_CTX_load_verify_file(context, ca) : !SSL_CTX_set_default_verify_paths(context))
		return fault_set(fault, -EINVAL, "%s: %s (it takes PEM)", ca ? ca : "the system's "
				 "certificates", why());
	if (!certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
		return fault_set(fault, -EINVAL, "%s: %s (it takes PEM)", certificate, why());
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return fault_set(fault, -EINVAL, "%s: %s (it takes PEM)", key, why());
	return 0;
}

int tls_context_make(SSL_CTX **ret, const char *ca, const char *certificate, const char *key,
		     struct fault *fault)
{
	*ret = SSL_CTX_new(TLS_client_method());
	if (!*ret)
		return -ENOMEM;
	SSL_CTX_set_verify(*ret, SSL_VERIFY_PEER, NULL);
	if (!SSL_CTX_set_min_proto_version(*ret, TLS1_2_VERSION))
		return fault_set(fault, -EINVAL, "%s", why());
	SSL_CTX_set_mode(*ret, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return certificates_load(*ret, ca, certificate, key, fault);
}

void tls_context_free(SSL_CTX **context)
{
	SSL_CTX_free(*context);
	*context = NULL;
}

/* Waits for what the last call wants. 0: call again; a negative errno. */
static int again(SSL *tls, int result, int timeout_ms)
{
	switch (SSL_get_error(tls, result)) {
	case SSL_ERROR_WANT_READ:
		return await_fd(SSL_get_fd(tls), POLLIN, timeout_ms);
	case SSL_ERROR_WANT_WRITE:
		return await_fd(SSL_get_fd(tls), POLLOUT, timeout_ms);
	case SSL_ERROR_ZERO_RETURN:
		return -ENOTCONN;
	case SSL_ERROR_SYSCALL:
		return errno ? -errno : -ENOTCONN;
	}
	return -EPROTO;
}

static int name_set(SSL *tls, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) ? 0 : -EINVAL;
	return SSL_set1_host(tls, host) && SSL_set_tlsext_host_name(tls, host) ? 0 : -EINVAL;
}

int tls_connect(SSL **ret, SSL_CTX *context, int fd, const char *host, int timeout_ms,
		struct fault *fault)
{
	SSL *tls = *ret = SSL_new(context);
	int result, err = 0;

	if (!tls || !SSL_set_fd(tls, fd) || name_set(tls, host))
		return fault_set(fault, -ENOMEM, "%s", why());
	ERR_clear_error();
	while (!err && (result = SSL_connect(tls)) != 1)
		err = again(tls, result, timeout_ms);
	if (!err)
		return 0;
	if (SSL_get_verify_result(tls) != X509_V_OK)
		return fault_set(fault, err, "its certificate: %s",
				 X509_verify_cert_error_string(SSL_get_verify_result(tls)));
	return fault_set(fault, err, "%s", err == -EPROTO ? why() : strerror(-err));
}

void tls_free(SSL **tls)
{
	SSL_free(*tls);
	*tls = NULL;
}

ssize_t tls_write(SSL *tls, const void *data, size_t size, int timeout_ms)
{
	size_t sent;
	int result, err = 0;

	ERR_clear_error();
	while (!err && (result = SSL_write_ex(tls, data, size, &sent)) != 1)
		err = again(tls, result, timeout_ms);
	return err ? err : (ssize_t)sent;
}

int tls_read(SSL *tls)
{
	char scratch[256];
	size_t got;
	int result;

	ERR_clear_error();
	result = SSL_read_ex(tls, scratch, sizeof(scratch), &got);
	if (result == 1)
		return 0;
	switch (SSL_get_error(tls, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return -ENOTCONN;
	}
	return -ECONNRESET;
}

void tls_goodbye(SSL *tls)
{
	if (tls)
		SSL_shutdown(tls);
}
