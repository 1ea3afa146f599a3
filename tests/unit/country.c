// SPDX-License-Identifier: GPL-2.0-only
/* Country data of each format: small files that are written here, and the real one of Tor. */
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <maxminddb.h>

#include "cidr_file.h"
#include "country.h"
#include "country_data.h"
#include "mmdb.h"
#include "moment.h"
#include "policy_error.h"
#include "read_all.h"

FIXTURE(data) {
	struct country_data data;
	struct policy_errors errors;
};

FIXTURE_SETUP(data)
{
}

FIXTURE_TEARDOWN(data)
{
	country_data_free(&self->data);
	EXPECT_NO_LEAK();
}

static int read_bytes(const char *text, size_t size, struct country_data *data,
		      struct policy_errors *errors)
{
	struct document document = { "test", malloc(size + 1), size };
	int err;

	memcpy(document.text, text, size);
	err = country_data_read(&document, data, errors);
	free(document.text);
	return err;
}

#define READ(text) read_bytes(text, strlen(text), &self->data, &self->errors)

/* The country of an address, "" for none. */
static const char *country_of(const struct country_data *data, const char *text)
{
	static char code[COUNTRY_TEXT_SIZE];
	struct prefix at;

	if (!prefix_parse_address(text, &at))
		errx(1, "%s", text);
	for (size_t i = 0; i < data->family[at.ipv6].count; i++) {
		const struct country_range *range = &data->family[at.ipv6].list[i];

		if (range->range.first <= at.first && at.first <= range->range.last)
			return country_text(range->country, code);
	}
	return "";
}

#define EXPECT_IN(country, address) EXPECT_STREQ(country, country_of(&self->data, address))

TEST(codes)
{
	char text[COUNTRY_TEXT_SIZE];
	int count = 0;

	EXPECT_STREQ("CN", country_text(country_number("CN", 2), text));
	EXPECT_EQ(0, country_number("AA", 2));
	EXPECT_EQ(COUNTRIES_MAX - 1, country_number("ZZ", 2));
	EXPECT_EQ(COUNTRY_NONE, country_number("cn", 2));
	EXPECT_EQ(COUNTRY_NONE, country_number("??", 2));
	EXPECT_EQ(COUNTRY_NONE, country_number("CHN", 3));
	EXPECT_EQ(COUNTRY_NONE, country_number("C", 1));
	for (int i = 0; i < COUNTRIES_MAX; i++)
		count += country_assigned(i);
	EXPECT_EQ(249 + 1, count);
	EXPECT_FALSE(country_assigned(country_number("UK", 2)));
	EXPECT_FALSE(country_assigned(COUNTRY_NONE));
	EXPECT_EQ(country_number("GB", 2), country_meant("uk"));
	EXPECT_EQ(country_number("SG", 2), country_meant("sg"));
	EXPECT_EQ(COUNTRY_NONE, country_meant("XX"));
	EXPECT_EQ(COUNTRY_NONE, country_meant("China"));
}

TEST_F(data, tor)
{
	ASSERT_EQ(0, READ("# Generated: Thu, 25 Jun 2026 04:33:59 GMT\r\n"
			  "#\n"
			  "16777216,16777471,AU\r\n"
			  "16777472,16778239,CN\n"
			  "16778240,16779263,CN\n"
			  "15726992,15726999,??\n"
			  "2001:250::,2001:251:ffff:ffff:ffff:ffff:ffff:ffff,CN\n"
			  "4294967295,4294967295,JP"));
	EXPECT_EQ(0, self->errors.count);
	EXPECT_EQ(POLICY_DATA_TOR, self->data.format);
	EXPECT_EQ(moment_date(2026, 6, 25), self->data.date);
	EXPECT_EQ(3, self->data.family[0].count);
	EXPECT_EQ(1, self->data.family[1].count);
	EXPECT_IN("AU", "1.0.0.255");
	EXPECT_IN("CN", "1.0.1.0");
	EXPECT_IN("CN", "1.0.7.255");
	EXPECT_IN("", "1.0.8.0");
	EXPECT_IN("", "0.239.248.80");
	EXPECT_IN("JP", "255.255.255.255");
	EXPECT_IN("CN", "2001:251::1");
	EXPECT_IN("", "2001:252::");
}

TEST_F(data, registry)
{
	ASSERT_EQ(0, READ("2.3|apnic|20261120|5|19830613|20261119|+1000\n"
			  "apnic|*|ipv4|*|3|summary\n"
			  "apnic|CN|asn|4538|1|19950101|allocated\n"
			  "apnic|CN|ipv4|1.0.1.0|768|20110414|allocated|A92E1062\n"
			  "apnic|JP|ipv4|1.0.16.0|4096|20110412|assigned\n"
			  "apnic||ipv4|1.1.0.0|256||available\n"
			  "apnic|ZZ|ipv4|1.2.0.0|256||reserved\n"
			  "apnic|CN|ipv6|2001:250::|31|20000426|allocated\n"));
	EXPECT_EQ(0, self->errors.count);
	EXPECT_EQ(POLICY_DATA_REGISTRY, self->data.format);
	EXPECT_EQ(moment_date(2026, 11, 19), self->data.date);
	EXPECT_IN("CN", "1.0.3.255");
	EXPECT_IN("", "1.0.4.0");
	EXPECT_IN("JP", "1.0.31.255");
	EXPECT_IN("", "1.1.0.0");
	EXPECT_IN("CN", "2001:251:ffff::");
	EXPECT_IN("", "2001:252::");
}

static const struct {
	const char *text;
	unsigned int line;
	const char *said;
} wrong[] = {
	{ "", 0, "found no country, expected country data: a MaxMind DB, statistics of a "
	  "registry, or ranges like Tor's" },
	{ "1,2,AU\n2,3,CN\n", 2, "found addresses that line 1 gives to AU, expected each of them "
	  "in one country" },
	{ "1,9,CN\n5,6,AU\n", 2, "found addresses that line 1 gives to CN, expected each of them "
	  "in one country" },
	{ "\n2,1,AU\n", 2, "found '2,1,AU', expected a range such as 16777216,16777471,AU or "
	  "2001:200::,2001:200:ffff::,JP" },
	{ "1,4294967296,AU\n", 1, "found '1,4294967296,AU', expected a range such as "
	  "16777216,16777471,AU or 2001:200::,2001:200:ffff::,JP" },
	{ "1,2,AUS\n", 1, "found '1,2,AUS', expected a range such as 16777216,16777471,AU or "
	  "2001:200::,2001:200:ffff::,JP" },
	{ "1,::2,AU\n", 1, "found '1,::2,AU', expected a range such as 16777216,16777471,AU or "
	  "2001:200::,2001:200:ffff::,JP" },
	{ "1,2,A\x80\n", 1, "found bytes that are no UTF-8 text, expected a line of text" },
	{ "apnic|CN|ipv4|1.0.1.0|0|20110414|allocated\n", 1,
	  "found 'apnic|CN|ipv4|1.0.1.0|0|20110414|allocated', expected a line such as "
	  "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated" },
	{ "apnic|CN|ipv4|255.255.255.0|257|20110414|allocated\n", 1,
	  "found 'apnic|CN|ipv4|255.255.255.0|257|20110414|allocated', expected a line such as "
	  "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated" },
	{ "apnic|CN|ipv6|2001:250::1|32|20110414|allocated\n", 1,
	  "found 'apnic|CN|ipv6|2001:250::1|32|20110414|allocated', expected a line such as "
	  "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated" },
	{ "apnic|CN|ipv5|1.0.1.0|256|20110414|allocated\n", 1,
	  "found 'apnic|CN|ipv5|1.0.1.0|256|20110414|allocated', expected a line such as "
	  "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated" },
	{ "apnic|CN\n", 1, "found 'apnic|CN', expected a line such as "
	  "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated" },
};

TEST_F(data, wrong_text)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		self->errors = (struct policy_errors){};
		EXPECT_EQ(0, READ(wrong[i].text));
		ASSERT_EQ(1, self->errors.count);
		EXPECT_EQ(wrong[i].line, self->errors.list[0].line);
		EXPECT_STREQ(wrong[i].said, self->errors.list[0].text);
		country_data_free(&self->data);
	}
}

/* Whatever the file: twenty errors, and that is it. */
TEST_F(data, hundred_megabytes_of_nothing)
{
	size_t size = 100 << 20;
	char *text = malloc(size);

	memset(text, 'x', size);
	EXPECT_EQ(0, read_bytes(text, size, &self->data, &self->errors));
	EXPECT_EQ(1, self->errors.count);
	memset(text, '\n', 1 << 20);
	self->errors = (struct policy_errors){};
	EXPECT_EQ(0, read_bytes(text, 1 << 20, &self->data, &self->errors));
	EXPECT_EQ(1, self->errors.count);
	memset(text, '\n', size);
	for (size_t i = 0; i < size; i += 2)
		text[i] = 0;
	self->errors = (struct policy_errors){};
	EXPECT_EQ(-E2BIG, read_bytes(text, size, &self->data, &self->errors));
	EXPECT_EQ(POLICY_ERRORS_MAX, self->errors.count);
	free(text);
}

/* mmdb */

static const char *const places[][2] = {
	{ "1.0.1.0/24", "CN" }, { "1.0.2.0/23", "CN" }, { "1.0.0.0/24", "AU" },
	{ "198.51.100.128/25", "DE" }, { "255.255.255.255/32", "JP" }, { "0.0.0.0/32", "FR" },
	{ "2001:250::/31", "CN" }, { "2400::/12", "SG" }, { "8000::/1", "BR" },
	{ "2001:db8::1/128", "NL" },
};

static void mmdb_make(struct mmdb *mmdb, unsigned int bits, bool ipv6, char **text, size_t *size)
{
	mmdb_start(mmdb, bits, ipv6, moment_date(2026, 11, 1));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (ipv6 || !strchr(places[i][0], ':'))
			mmdb_add(mmdb, places[i][0], places[i][1]);
	if (ipv6)
		mmdb_alias(mmdb);
	mmdb_finish(mmdb, text, size);
}

static void library_opens(const char *text, size_t size, MMDB_s *ret)
{
	char name[] = "/tmp/domicile-unit-mmdb-XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size || MMDB_open(name, 0, ret))
		errx(1, "%s", name);
	close(fd);
	unlink(name);
}

/* What libmaxminddb says when it opens the file by itself. */
static const char *library_country(MMDB_s *mmdb, const char *address)
{
	static char code[COUNTRY_TEXT_SIZE];
	int lookup_error, error;
	MMDB_lookup_result_s result = MMDB_lookup_string(mmdb, address, &lookup_error, &error);
	MMDB_entry_data_s value;

	if (lookup_error || error)
		errx(1, "%s: %s", address, MMDB_strerror(error));
	if (!result.found_entry ||
	    MMDB_get_value(&result.entry, &value, "country", "iso_code", NULL))
		return "";
	return strncpy(code, value.utf8_string, 2);
}

static void address_random(unsigned int *seed, bool ipv6, char text[INET6_ADDRSTRLEN])
{
	static const __u8 starts[][4] = {
		{ 1, 0, 0 }, { 1, 0, 3 }, { 198, 51, 100, 128 }, { 255, 255, 255, 255 },
		{ 0x20, 0x01, 0x02, 0x51 }, { 0x24, 0x0f }, { 0x80 }, { 0x20, 0x01, 0x0d, 0xb8 },
	};
	__u8 bytes[16] = {};

	memcpy(bytes, starts[rand_r(seed) % ARRAY_SIZE(starts)], 4);
	for (int i = rand_r(seed) % 3; i; i--)
		bytes[rand_r(seed) % (ipv6 ? 16 : 4)] = rand_r(seed);
	if (bytes[0] == 0x20 && bytes[1] == 0x02)
		bytes[1] = 1; /* the library sees IPv4 in 6to4 addresses, and this does not */
	inet_ntop(ipv6 ? AF_INET6 : AF_INET, bytes, text, INET6_ADDRSTRLEN);
}

FIXTURE(mmdb) {
	struct mmdb mmdb;
	char *text;
	size_t size;
};

FIXTURE_VARIANT(mmdb) {
	unsigned int bits;
	bool ipv6;
};

FIXTURE_VARIANT_ADD(mmdb, bits24) { .bits = 24, .ipv6 = true };
FIXTURE_VARIANT_ADD(mmdb, bits28) { .bits = 28, .ipv6 = true };
FIXTURE_VARIANT_ADD(mmdb, bits32) { .bits = 32, .ipv6 = true };
FIXTURE_VARIANT_ADD(mmdb, ipv4) { .bits = 24 };

FIXTURE_SETUP(mmdb)
{
	mmdb_make(&self->mmdb, variant->bits, variant->ipv6, &self->text, &self->size);
}

FIXTURE_TEARDOWN(mmdb)
{
	free(self->text);
	EXPECT_NO_LEAK();
}

TEST_F(mmdb, as_the_library)
{
	struct policy_errors errors = {};
	struct country_data data = {};
	char address[INET6_ADDRSTRLEN];
	unsigned int seed = 1;
	size_t found = 0;
	MMDB_s library;

	ASSERT_EQ(0, read_bytes(self->text, self->size, &data, &errors)) {
		policy_errors_print(&errors, stderr);
	}
	EXPECT_EQ(POLICY_DATA_MMDB, data.format);
	EXPECT_EQ(moment_date(2026, 11, 1), data.date);
	library_opens(self->text, self->size, &library);
	for (int i = 0; i < 4000; i++) {
		const char *ours;

		address_random(&seed, variant->ipv6 && i % 2, address);
		ours = country_of(&data, address);
		ASSERT_STREQ(library_country(&library, address), ours) {
			TH_LOG("%s", address);
		}
		found += !!*ours;
	}
	EXPECT_GT(found, 500);
	MMDB_close(&library);
	country_data_free(&data);
}

/* Damage is found, or changes what is said; nothing else. */
TEST_F_TIMEOUT(mmdb, damaged, 120)
{
	struct country_data data = {};

	for (size_t i = 0; i < self->size; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct policy_errors errors = {};
			int err;

			self->text[i] ^= 1 << bit;
			err = read_bytes(self->text, self->size, &data, &errors);
			ASSERT_TRUE(!err || (err == -EINVAL && errors.count) || err == -E2BIG);
			country_data_free(&data);
			self->text[i] ^= 1 << bit;
		}
	for (size_t size = 0; size < self->size; size++) {
		struct policy_errors errors = {};
		int err = read_bytes(self->text, size, &data, &errors);

		ASSERT_TRUE(!err || (err == -EINVAL && errors.count) || err == -E2BIG);
		country_data_free(&data);
	}
}

/* 2^128 ways through 128 nodes. */
TEST_F(data, mmdb_whose_branches_meet)
{
	struct mmdb mmdb;
	char *text;
	size_t size;

	mmdb_start(&mmdb, 24, true, 0);
	for (__u32 i = 1; i < 128; i++) {
		mmdb_node_add(&mmdb);
		mmdb.nodes[i - 1] = (struct mmdb_node){ { i, i } };
	}
	mmdb_finish(&mmdb, &text, &size);
	EXPECT_EQ(-EINVAL, read_bytes(text, size, &self->data, &self->errors));
	EXPECT_STREQ("found a tree whose branches meet, expected a MaxMind DB of countries",
		     self->errors.list[0].text);
	free(text);
}

/* Several files */

static void table_add(struct __test_metadata *_metadata, struct country_table *table,
		      const char *text)
{
	struct policy_errors errors = {};
	struct country_data data = {};

	ASSERT_EQ(0, read_bytes(text, strlen(text), &data, &errors));
	ASSERT_EQ(0, country_table_add(table, &data));
	country_data_free(&data);
}

static bool table_has(const struct country_table *table, const char *code, __u32 address)
{
	const struct ranges *ranges = &table->of[0][country_number(code, 2)];

	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->list[i].first <= address && address <= ranges->list[i].last)
			return true;
	return false;
}

TEST(first_file_that_knows_decides)
{
	struct country_table *table = calloc(1, sizeof(*table));

	table_add(_metadata, table, "10,19,CN\n30,39,AU\n");
	table_add(_metadata, table, "5,34,JP\n38,50,CN\n");
	table_add(_metadata, table, "0,100,FR\n");
	for (__u32 i = 0; i <= 101; i++) {
		bool cn = (i >= 10 && i <= 19) || (i >= 40 && i <= 50), au = i >= 30 && i <= 39;
		bool jp = (i >= 5 && i <= 9) || (i >= 20 && i <= 29);

		EXPECT_EQ(cn, table_has(table, "CN", i));
		EXPECT_EQ(au, table_has(table, "AU", i));
		EXPECT_EQ(jp, table_has(table, "JP", i));
		EXPECT_EQ(i <= 100 && !cn && !au && !jp, table_has(table, "FR", i));
	}
	EXPECT_EQ(1, table->known[0].count);
	country_table_free(table);
	free(table);
	EXPECT_NO_LEAK();
}

/* The world */

static bool document_open(const char *name, struct document *document)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	document->file = name;
	if (read_all(fd, 64 << 20, &document->text, &document->size))
		err(1, "%s", name);
	close(fd);
	return true;
}

/* Every 500th line, looked up in what was made of the file. */
static size_t lines_agree(const struct document *document, const struct country_data *data)
{
	FILE *file = fmemopen(document->text, document->size, "r");
	char line[200], first[50], code[3];
	size_t number = 0, checked = 0;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%49[^,],%*[^,],%2[A-Z]", first, code) != 2 || number++ % 500)
			continue;
		if (!strchr(first, ':')) {
			struct in_addr address = { htonl(strtoul(first, NULL, 10)) };

			inet_ntop(AF_INET, &address, first, sizeof(first));
		}
		if (strcmp(country_of(data, first), code))
			errx(1, "%s: %s is not in %s", document->file, first, code);
		checked++;
	}
	fclose(file);
	return checked;
}

TEST_F_TIMEOUT(data, real, 120)
{
	static const char *const names[] = { GEOIP "/geoip", GEOIP "/geoip6" };

	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct document document = {};

		ASSERT_TRUE(document_open(names[ipv6], &document)) {
			TH_LOG("%s: missing; run tools/setup", names[ipv6]);
		}
		EXPECT_EQ(0, country_data_read(&document, &self->data, &self->errors));
		EXPECT_EQ(0, self->errors.count);
		EXPECT_GT(self->data.family[ipv6].count, 50000);
		EXPECT_EQ(0, self->data.family[!ipv6].count);
		EXPECT_GT(self->data.date, moment_date(2024, 1, 1));
		EXPECT_GT(lines_agree(&document, &self->data), 100);
		country_data_free(&self->data);
		free(document.text);
	}
}

/* Files of prefixes */

static const struct {
	const char *line;
	unsigned int column;
	const char *said; /* NULL: all right */
} prefixes[] = {
	{ "198.51.100.0/24", 0, NULL },
	{ "  198.51.100.0/24\t # ours", 0, NULL },
	{ "# comment with \xe2\x82\xac", 0, NULL },
	{ "", 0, NULL },
	{ "198.51.100.1/24", 1, "found '198.51.100.1/24', expected a prefix without bits set "
	  "beyond its length; did you mean '198.51.100.0/24'?" },
	{ "\t 198.51.100.1", 3, "found '198.51.100.1', expected a prefix with a length; did you "
	  "mean '198.51.100.1/32'?" },
	{ "198.51.100.0/24 203.0.113.0/24", 1, "found '198.51.100.0/24 203.0.113.0/24', expected a "
	  "length of 0 to 32 for IPv4, of 0 to 128 for IPv6" },
	{ "::ffff:198.51.100.0/120", 1, "found '::ffff:198.51.100.0/120', expected IPv4 addresses "
	  "written as such; did you mean '198.51.100.0/24'?" },
	{ "example.org", 1, "found 'example.org', expected a prefix such as 198.51.100.0/24 or "
	  "2001:db8:20::/48" },
	{ "198.51.100.0/24\x01", 1, "found bytes that are no UTF-8 text, expected a line of text" },
	{ "\xff", 1, "found bytes that are no UTF-8 text, expected a line of text" },
};

TEST(cidr_lines)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct ranges ranges[2] = {};
		struct policy_errors errors = {};
		size_t count = 0;
		struct document document = { .file = "list" };

		ASSERT_LT(0, asprintf(&document.text, "\xef\xbb\xbf::/0\r\n%s\n10.0.0.0/8",
				      prefixes[i].line));
		document.size = strlen(document.text);
		EXPECT_EQ(0, cidr_file_read(&document, &count, ranges, &errors));
		EXPECT_EQ(!!prefixes[i].said, errors.count);
		EXPECT_EQ(2 + (i < 2), count);
		if (errors.count) {
			EXPECT_EQ(2, errors.list[0].line);
			EXPECT_EQ(prefixes[i].column, errors.list[0].column);
			EXPECT_STREQ(prefixes[i].said, errors.list[0].text);
		}
		ranges_free(&ranges[0]);
		ranges_free(&ranges[1]);
		free(document.text);
	}
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
