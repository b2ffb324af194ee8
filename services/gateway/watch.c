/* SPDX-License-Identifier: MIT */
#include "gateway/watch.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

int64_t watch_left_s(const char *pem, size_t length, int64_t now_s)
{
	BIO *text = length && length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
	X509 *certificate = text ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL;
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)now_s);
	int days = 0, seconds = 0;

	if (!certificate || !now || !ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(certificate)))
		days = seconds = 0;
	ASN1_TIME_free(now);
	X509_free(certificate);
	BIO_free(text);
	return (int64_t)days * 86400 + seconds;
}
