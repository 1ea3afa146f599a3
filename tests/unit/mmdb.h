/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes MaxMind DBs (https://maxmind.github.io/MaxMind-DB/) for tests. */
#ifndef DOMICILE_UNIT_MMDB_H
#define DOMICILE_UNIT_MMDB_H

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "prefix.h"

#define MMDB_EMPTY (~0u)
#define MMDB_DATA 0x80000000u /* and an offset; other records are nodes */

struct mmdb {
	unsigned int record_bits; /* 24, 28 or 32 */
	bool ipv6; /* a tree of IPv6 addresses, with IPv4 in ::/96 */
	__u64 epoch;
	struct mmdb_node {
		__u32 record[2];
	} *nodes;
	size_t node_count;
	unsigned char data[4096];
	size_t data_size;
};

static inline __u32 mmdb_node_add(struct mmdb *mmdb)
{
	struct mmdb_node *node = ARRAY_ADD(mmdb->nodes, mmdb->node_count);

	*node = (struct mmdb_node){ { MMDB_EMPTY, MMDB_EMPTY } };
	return mmdb->node_count - 1;
}

static inline void mmdb_start(struct mmdb *mmdb, unsigned int record_bits, bool ipv6, __u64 epoch)
{
	*mmdb = (struct mmdb){ .record_bits = record_bits, .ipv6 = ipv6, .epoch = epoch };
	mmdb_node_add(mmdb);
}

static inline void mmdb_put(struct mmdb *mmdb, const void *data, size_t size)
{
	if (mmdb->data_size + size > sizeof(mmdb->data))
		errx(1, "no room in struct mmdb");
	memcpy(mmdb->data + mmdb->data_size, data, size);
	mmdb->data_size += size;
}

/* {"country": {"iso_code": CODE}} */
static inline __u32 mmdb_country(struct mmdb *mmdb, const char *code)
{
	__u32 offset = mmdb->data_size;

	mmdb_put(mmdb, "\xe1\x47" "country\xe1\x48iso_code\x42", 20);
	mmdb_put(mmdb, code, 2);
	return MMDB_DATA | offset;
}

/* The record for the first @bits of @address, with nodes down to it. */
static inline void mmdb_set(struct mmdb *mmdb, unsigned __int128 address, unsigned int bits,
			    __u32 record)
{
	__u32 node = 0;

	for (unsigned int depth = 0;; depth++) {
		unsigned int shift = (mmdb->ipv6 ? 127 : 31) - depth;
		unsigned int side = address >> shift & 1;
		__u32 next = mmdb->nodes[node].record[side];

		if (depth + 1 == bits) {
			mmdb->nodes[node].record[side] = record;
			return;
		}
		if (next & MMDB_DATA) {
			next = mmdb_node_add(mmdb);
			mmdb->nodes[node].record[side] = next;
		}
		node = next;
	}
}

static inline void mmdb_add(struct mmdb *mmdb, const char *text, const char *code)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) != PREFIX_OK)
		errx(1, "%s", text);
	mmdb_set(mmdb, prefix.first, prefix.length + (mmdb->ipv6 && !prefix.ipv6 ? 96 : 0),
		 mmdb_country(mmdb, code));
}

/* 6to4 addresses are IPv4 ones under another name, as in databases of MaxMind. */
static inline void mmdb_alias(struct mmdb *mmdb)
{
	__u32 node = 0;

	for (int i = 0; i < 96; i++)
		node = mmdb->nodes[node].record[0];
	mmdb_set(mmdb, (unsigned __int128)0x2002 << 112, 16, node);
}

static inline void mmdb_big_endian(FILE *file, __u64 value, unsigned int bytes)
{
	while (bytes--)
		fputc(value >> (bytes * 8) & 0xff, file);
}

static inline __u32 mmdb_record(const struct mmdb *mmdb, __u32 record)
{
	if (record == MMDB_EMPTY)
		return mmdb->node_count;
	if (record & MMDB_DATA)
		return mmdb->node_count + 16 + (record & ~MMDB_DATA);
	return record;
}

static inline void mmdb_write_node(const struct mmdb *mmdb, const struct mmdb_node *node,
				   FILE *file)
{
	__u32 left = mmdb_record(mmdb, node->record[0]);
	__u32 right = mmdb_record(mmdb, node->record[1]);

	if (mmdb->record_bits == 28) {
		mmdb_big_endian(file, left & 0xffffff, 3);
		fputc((left >> 24) << 4 | right >> 24, file);
		mmdb_big_endian(file, right & 0xffffff, 3);
	} else {
		mmdb_big_endian(file, left, mmdb->record_bits / 8);
		mmdb_big_endian(file, right, mmdb->record_bits / 8);
	}
}

static inline void mmdb_write_key(FILE *file, const char *name)
{
	fputc(0x40 | strlen(name), file);
	fputs(name, file);
}

static inline void mmdb_write_metadata(const struct mmdb *mmdb, FILE *file)
{
	fputs("\xab\xcd\xefMaxMind.com\xe9", file);
	mmdb_write_key(file, "node_count");
	mmdb_big_endian(file, 0xc4, 1);
	mmdb_big_endian(file, mmdb->node_count, 4);
	mmdb_write_key(file, "record_size");
	mmdb_big_endian(file, 0xa20000 | mmdb->record_bits, 3);
	mmdb_write_key(file, "ip_version");
	mmdb_big_endian(file, 0xa20000 | (mmdb->ipv6 ? 6 : 4), 3);
	mmdb_write_key(file, "binary_format_major_version");
	mmdb_big_endian(file, 0xa20002, 3);
	mmdb_write_key(file, "binary_format_minor_version");
	mmdb_big_endian(file, 0xa20000, 3);
	mmdb_write_key(file, "build_epoch");
	mmdb_big_endian(file, 0x0802, 2);
	mmdb_big_endian(file, mmdb->epoch, 8);
	mmdb_write_key(file, "database_type");
	mmdb_write_key(file, "Test-Country");
	mmdb_write_key(file, "languages");
	mmdb_big_endian(file, 0x0004, 2);
	mmdb_write_key(file, "description");
	fputc(0xe0, file);
}

/* Takes what is in @mmdb away. The caller frees @ret. */
static inline void mmdb_finish(struct mmdb *mmdb, char **ret, size_t *ret_size)
{
	FILE *file = open_memstream(ret, ret_size);

	for (size_t i = 0; i < mmdb->node_count; i++)
		mmdb_write_node(mmdb, &mmdb->nodes[i], file);
	mmdb_big_endian(file, 0, 8);
	mmdb_big_endian(file, 0, 8);
	fwrite(mmdb->data, 1, mmdb->data_size, file);
	mmdb_write_metadata(mmdb, file);
	fclose(file);
	free(mmdb->nodes);
}

#endif /* DOMICILE_UNIT_MMDB_H */
