// SPDX-License-Identifier: GPL-2.0-only
/*
 * Country data of the MaxMind DB format, version 2
 * (https://maxmind.github.io/MaxMind-DB/). libmaxminddb takes the bytes apart.
 * It would open files by itself, which whoever parses here may not; so its handle
 * is filled in from memory, with metadata that the library reads as it does any
 * other data.
 */
#include <errno.h>
#include <string.h>

#include <maxminddb.h>

#include "country.h"
#include "country_data.h"
#include "policy_error.h"

#define MARKER "\xab\xcd\xefMaxMind.com"
#define MARKER_SIZE (sizeof(MARKER) - 1)
#define METADATA_MAX (128u << 10) /* the format says so, marker included */
#define SEPARATOR 16 /* zeros between tree and data */
#define BITS4 96 /* where IPv4 is in a tree of IPv6 addresses */
#define SEEN 4096

/* Records repeat: which country the one at an offset names. */
struct seen {
	__u32 offset_plus_1;
	__u16 country;
};

struct walk {
	MMDB_s mmdb;
	const struct document *document;
	struct policy_errors *errors;
	struct country_data *data;
	bool ipv6; /* what is walked through now */
	__u32 root4; /* the node of IPv4 within a tree of IPv6; 0: none */
	__u64 steps; /* left, so that a tree which is none comes to an end */
	struct seen seen[SEEN];
};

const char *country_mmdb_metadata(const struct document *document)
{
	size_t size = document->size < METADATA_MAX ? document->size : METADATA_MAX;
	const char *at = document->text + document->size - size, *found = NULL, *next;

	while ((next = memmem(at, document->text + document->size - at, MARKER, MARKER_SIZE)))
		found = at = next + MARKER_SIZE;
	return found;
}

static int refuse(struct walk *walk, const char *what)
{
	struct policy_place place = { .file = walk->document->file };

	policy_error_add(walk->errors, &place, "found %s, expected a MaxMind DB of countries",
			 what);
	return -EINVAL;
}

/* An unsigned number of the metadata, 0 if it is not there. */
static __u64 metadata_number(const struct walk *walk, const char *name)
{
	const char *metadata = country_mmdb_metadata(walk->document);
	MMDB_s mmdb = {
		.data_section = (const __u8 *)metadata,
		.data_section_size = walk->document->text + walk->document->size - metadata,
	};
	MMDB_entry_s start = { .mmdb = &mmdb };
	MMDB_entry_data_s value;

	if (MMDB_get_value(&start, &value, name, NULL) != MMDB_SUCCESS || !value.has_data)
		return 0;
	switch (value.type) {
	case MMDB_DATA_TYPE_UINT16:
		return value.uint16;
	case MMDB_DATA_TYPE_UINT32:
		return value.uint32;
	case MMDB_DATA_TYPE_UINT64:
		return value.uint64;
	default:
		return 0;
	}
}

static int walk_open(struct walk *walk)
{
	const char *text = walk->document->text;
	size_t size = country_mmdb_metadata(walk->document) - MARKER_SIZE - text, tree;
	__u64 nodes = metadata_number(walk, "node_count");
	__u64 record = metadata_number(walk, "record_size");
	__u64 version = metadata_number(walk, "ip_version");

	if (metadata_number(walk, "binary_format_major_version") != 2)
		return refuse(walk, "a format other than 2");
	if (version != 4 && version != 6)
		return refuse(walk, "addresses that are neither IPv4 nor IPv6");
	if (record != 24 && record != 28 && record != 32)
		return refuse(walk, "records that are not of 24, 28 or 32 bits");
	if (!nodes || nodes > size / (record / 4))
		return refuse(walk, "more nodes than there is room for, or none");
	tree = nodes * (record / 4);
	if (size - tree < SEPARATOR)
		return refuse(walk, "no data after the tree");
	walk->mmdb = (MMDB_s){
		.file_content = (const __u8 *)text,
		.file_size = walk->document->size,
		.data_section = (const __u8 *)text + tree + SEPARATOR,
		.data_section_size = size - tree - SEPARATOR,
		.full_record_byte_size = record / 4,
		.depth = version == 6 ? 128 : 32,
		.metadata = { .node_count = nodes, .record_size = record, .ip_version = version },
	};
	walk->steps = 2 * nodes + BITS4;
	walk->data->date = metadata_number(walk, "build_epoch");
	return 0;
}

/* The country that a record names, COUNTRY_NONE for none; or -EINVAL. */
static int record_country(struct walk *walk, MMDB_entry_s *entry)
{
	struct seen *seen = &walk->seen[entry->offset % SEEN];
	MMDB_entry_data_s value;
	int status;

	if (seen->offset_plus_1 == entry->offset + 1)
		return seen->country;
	status = MMDB_get_value(entry, &value, "country", "iso_code", NULL);
	if (status != MMDB_SUCCESS && status != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR)
		return refuse(walk, "data that is damaged");
	*seen = (struct seen){ entry->offset + 1, COUNTRY_NONE };
	if (status == MMDB_SUCCESS && value.has_data && value.type == MMDB_DATA_TYPE_UTF8_STRING)
		seen->country = country_number(value.utf8_string, value.data_size);
	return seen->country;
}

static int take_record(struct walk *walk, MMDB_entry_s *entry, unsigned __int128 first,
		       unsigned int bits)
{
	unsigned int left = (walk->ipv6 ? 128 : 32) - bits;
	struct country_range range = { .range = { first, first } };
	int country = record_country(walk, entry);

	if (country < 0 || country == COUNTRY_NONE)
		return country < 0 ? country : 0;
	range.country = country;
	range.range.last |= left == 128 ? ~(unsigned __int128)0 :
					  ((unsigned __int128)1 << left) - 1;
	return country_data_add(walk->data, walk->ipv6, &range, walk->document, walk->errors);
}

static int read_node(struct walk *walk, __u32 number, MMDB_search_node_s *node)
{
	if (!walk->steps--)
		return refuse(walk, "a tree whose branches meet");
	if (MMDB_read_node(&walk->mmdb, number, node) != MMDB_SUCCESS)
		return refuse(walk, "a tree that is damaged");
	return 0;
}

static int walk_node(struct walk *walk, __u32 number, unsigned __int128 first, unsigned int bits);

/* What is behind @record, which stands for the first @bits of @first. */
static int walk_record(struct walk *walk, __u64 record, __u8 type, MMDB_entry_s *entry,
		       unsigned __int128 first, unsigned int bits)
{
	switch (type) {
	case MMDB_RECORD_TYPE_EMPTY:
		return 0;
	case MMDB_RECORD_TYPE_DATA:
		return take_record(walk, entry, first, bits);
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		/* IPv4 is there under several names: 6to4 and IPv4-mapped addresses. */
		if (walk->ipv6 && walk->root4 && record == walk->root4)
			return 0;
		if (bits == (walk->ipv6 ? 128 : 32))
			return refuse(walk, "a tree that is too deep");
		return walk_node(walk, record, first, bits);
	default:
		return refuse(walk, "a tree that is damaged");
	}
}

static int walk_node(struct walk *walk, __u32 number, unsigned __int128 first, unsigned int bits)
{
	unsigned int left = (walk->ipv6 ? 128 : 32) - bits;
	MMDB_search_node_s node;
	int err = read_node(walk, number, &node);

	if (!err)
		err = walk_record(walk, node.left_record, node.left_record_type,
				  &node.left_record_entry, first, bits + 1);
	if (!err)
		err = walk_record(walk, node.right_record, node.right_record_type,
				  &node.right_record_entry,
				  first | (unsigned __int128)1 << (left - 1), bits + 1);
	return err;
}

/* Of a tree of IPv6 addresses, the part that is IPv4: ::/96. */
static int walk_ipv4_within(struct walk *walk)
{
	MMDB_search_node_s node = { .left_record_type = MMDB_RECORD_TYPE_SEARCH_NODE };
	int err = 0;

	for (int i = 0; i < BITS4 && !err; i++) {
		err = read_node(walk, node.left_record, &node);
		if (!err && node.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE)
			return walk_record(walk, node.left_record, node.left_record_type,
					   &node.left_record_entry, 0, 0);
	}
	if (err)
		return err;
	walk->root4 = node.left_record;
	return walk_node(walk, walk->root4, 0, 0);
}

static int walk_all(struct walk *walk)
{
	int err;

	if (walk->mmdb.depth == 32)
		return walk_node(walk, 0, 0, 0);
	err = walk_ipv4_within(walk);
	walk->ipv6 = true;
	return err ? err : walk_node(walk, 0, 0, 0);
}

int country_mmdb_read(const struct document *document, struct country_data *data,
		      struct policy_errors *errors)
{
	struct walk walk = { .document = document, .data = data, .errors = errors };
	int err = walk_open(&walk);

	data->format = POLICY_DATA_MMDB;
	if (!err)
		err = walk_all(&walk);
	return err;
}
