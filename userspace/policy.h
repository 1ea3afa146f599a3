/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compiled policy: what the YAML documents say, as tables that are ready to
 * be put into the kernel, and where each definition stands in them.
 *
 * The tables depend on what the documents say, never on their order: labels
 * and networks are sorted by name, sources by path or port, rules by label, carriers
 * by cgroup.
 */
#ifndef DOMICILE_POLICY_H
#define DOMICILE_POLICY_H

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <domicile/policy_abi.h>

#define POLICY_VERSION 1
#define POLICY_FILE_SIZE_MAX (64u << 20)
#define POLICY_SIZE_MAX (256u << 20) /* of all documents together */
#define POLICY_DEPTH_MAX 32
#define POLICY_NETWORKS_MAX 1024
#define POLICY_PREFIXES_MAX DOMICILE_RANGES_MAX
#define POLICY_SOURCES_MAX 65536
#define POLICY_LISTENS_MAX 1024
#define POLICY_RULES_MAX 4096
#define POLICY_CASES_MAX 16384
#define POLICY_STORAGES_MAX 256
#define POLICY_MEDIA_MAX 64 /* of one place */
#define POLICY_DIGEST_SIZE 32

/* Lines and columns (in characters) count from 1. */
struct policy_place {
	const char *file; /* owned by the policy */
	unsigned int line;
	unsigned int column;
};

struct policy_label {
	char *name;
	char *title; /* "" when not given */
	char *category; /* "" when not given */
	char jurisdiction[3]; /* ISO 3166-1 alpha-2, "" when not given */
	__u32 id; /* label_id(name) */
	struct policy_place place;
};

struct policy_network {
	char *name;
	__u32 prefixes4; /* the fewest that make it up */
	__u32 prefixes6;
	__u64 addresses4; /* each counted once */
	bool part; /* another network is made of it */
	struct policy_place place;
};

enum policy_data_format {
	POLICY_DATA_CIDR, /* prefixes */
	/* Country data: */
	POLICY_DATA_MMDB, /* MaxMind DB */
	POLICY_DATA_REGISTRY, /* statistics of a regional Internet registry */
	POLICY_DATA_TOR, /* ranges, as Tor has them */
	POLICY_DATA_FORMATS,
};

#define POLICY_DATE_MAX 253402300799ull /* the end of the year 9999 */

/* A file of addresses that the policy was compiled with. */
struct policy_data {
	char *file; /* where it was found */
	enum policy_data_format format;
	bool dated; /* @date is what the file says, else when it was modified */
	__u64 date; /* seconds since 1970, up to POLICY_DATE_MAX; 0: not known */
	__u32 ranges4; /* that neither overlap nor touch, in one country */
	__u32 ranges6;
	struct policy_place place; /* where it is named; of data by default, a first country */
};

/*
 * A set of networks that at least one address has in common. Class 0 is the
 * empty set. Bits in @sets are indices of this policy's labels; they must be
 * translated to the host's label table before the kernel sees them.
 */
struct policy_class {
	struct domicile_class sets;
	__u32 *networks; /* indices, ascending */
	size_t network_count;
	char *text; /* "cn-facilities, eu-dc"; "" for class 0 */
};

struct policy_source {
	char *path; /* absolute, without "." and ".." */
	__u32 label;
	struct policy_place place;
};

#define POLICY_ANYWHERE (~0u)

/* A source too: what arrives at a port of this host, over the network. */
struct policy_listen {
	__u16 protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	__u16 port; /* host byte order */
	__u32 network; /* index; from POLICY_ANYWHERE */
	__u32 label;
	struct policy_place place;
};

struct policy_resolver {
	struct domicile_resolver resolver;
	struct policy_place place;
};

/* What a file system is known by. */
struct policy_medium {
	enum domicile_medium_kind kind;
	char *text; /* name of a type, UUID, or where it is mounted */
};

/* A place where data is stored: one of the 'places', and no struct policy_place. */
struct policy_storage {
	char *name;
	struct policy_medium *media; /* sorted */
	size_t medium_count;
	struct policy_place place;
};

enum policy_mode {
	POLICY_ENFORCE,
	POLICY_AUDIT,
	POLICY_MODES,
};

/* Who may use labelled files: whoever is all that is said. */
struct policy_actor {
	char *program; /* absolute path, or NULL */
	char *cgroup; /* absolute path, of cgroup v2, or NULL */
	bool has_uid;
	__u32 uid;
	struct policy_place place;
};

struct policy_access {
	bool ruled; /* nobody else may */
	enum policy_mode mode;
	struct policy_actor *actors;
	size_t actor_count; /* up to DOMICILE_ACTORS_MAX, in the order of the document */
};

/*
 * One rule of the documents; several may speak about one label. A network that any
 * of them denies is denied, whatever others allow.
 */
struct policy_rule {
	__u32 label; /* of no defaults */
	enum policy_mode mode;
	bool limits; /* what it does not allow is refused, unless another rule allows it */
	__u32 *networks; /* indices the label may go to, ascending; may be none */
	size_t network_count;
	__u32 *denied; /* the same of those that it may not go to */
	size_t denied_count;
	bool stores; /* says where the label may be stored */
	enum policy_mode store_mode;
	__u32 *storages; /* indices of where it may, ascending; may be none */
	size_t storage_count;
	struct policy_access access[DOMICILE_USES]; /* of no defaults */
	struct policy_place place;
};

struct policy_carrier {
	char *cgroup; /* absolute path, of cgroup v2 */
	enum domicile_carriage carriage;
	char *reason; /* "" when not given */
	struct policy_place place;
};

enum policy_subject {
	POLICY_SUBJECT_LABELS, /* data that holds @labels */
	POLICY_SUBJECT_PATH, /* a file that is created at @path */
	POLICY_SUBJECT_LISTEN, /* what arrives at @protocol and @port, from @from */
	POLICY_SUBJECT_CGROUP, /* a process in the cgroup @path */
	POLICY_SUBJECTS,
};

/* What somebody expects of the policy, to be tested. Texts are "" when not given. */
struct policy_case {
	enum policy_subject subject;
	struct domicile_label_set labels; /* indices of the policy's labels */
	char *path;
	__u16 protocol;
	__u16 port; /* host byte order */
	char *from; /* an endpoint, see endpoint.h; "": anybody */
	bool held; /* is @holds expected? */
	struct domicile_label_set holds;
	char *to; /* an endpoint, or "" */
	char *store; /* a file system, see policy_medium_kind(), or "" */
	bool used; /* by @actor, as @use says; with @to and @store "": @expect is none */
	__u32 use; /* enum domicile_use */
	struct policy_actor actor; /* its place is not set */
	__u32 expect; /* enum domicile_verdict */
	__u32 network; /* that decides; POLICY_ANYWHERE: any, or none */
	char *rule; /* that decides: "LINE" of the same file, or "FILE:LINE" */
	__u32 carriage; /* of the cgroup; 0: it is no carrier */
	struct policy_place place;
};

#define POLICY_KEY_ID_SIZE 8

/* Who vouches for the documents, see policy_signed(). */
struct policy_signer {
	bool present; /* false: no signature was asked for */
	__u8 key_id[POLICY_KEY_ID_SIZE];
	__u64 serial; /* the greater, the newer */
};

struct policy {
	char **files; /* names, as given to policy_compile() */
	size_t file_count;
	struct policy_label *labels;
	size_t label_count; /* up to DOMICILE_LABELS_MAX */
	struct policy_network *networks;
	size_t network_count; /* up to POLICY_NETWORKS_MAX */
	struct policy_class *classes;
	size_t class_count; /* 1 to DOMICILE_CLASSES_MAX */
	struct domicile_range4 *ranges4;
	size_t range4_count; /* 1 to DOMICILE_RANGES_MAX */
	struct domicile_range6 *ranges6;
	size_t range6_count;
	struct policy_source *sources;
	size_t source_count;
	struct policy_listen *listens;
	size_t listen_count; /* up to POLICY_LISTENS_MAX */
	struct policy_rule *rules;
	size_t rule_count;
	struct policy_rule *defaults; /* for labels that no rule speaks about; NULL: nowhere */
	struct policy_storage *storages;
	size_t storage_count; /* up to POLICY_STORAGES_MAX */
	struct policy_resolver *resolvers;
	size_t resolver_count; /* up to DOMICILE_RESOLVERS_MAX */
	struct policy_carrier *carriers;
	size_t carrier_count; /* up to DOMICILE_CARRIERS_MAX */
	struct policy_case *cases; /* the kernel gets none of them */
	size_t case_count; /* up to POLICY_CASES_MAX */
	struct policy_data *data;
	size_t data_count;
	/*
	 * SHA-256 of the documents' SHA-256 digests in ascending order. Among them
	 * are those of each data file: of the digest of the document that names it
	 * (zeros for country data by default), the digest of what it holds, and its
	 * name as the document has it (by default, in full) with a NUL.
	 */
	__u8 digest[POLICY_DIGEST_SIZE];
	struct policy_signer signer;
	bool audit; /* see policy_audit() */
};

#define POLICY_ERRORS_MAX 20
#define POLICY_ERROR_TEXT_MAX 320
#define POLICY_EXCERPT_MAX 128

enum policy_severity {
	POLICY_ERROR,
	POLICY_WARNING, /* the policy is in order, and perhaps not what was meant */
	POLICY_SEVERITIES,
};

struct policy_error {
	enum policy_severity severity;
	const char *file; /* one of the names that were compiled, data_file, or NULL */
	unsigned int line; /* 0: the file as a whole */
	unsigned int column;
	char text[POLICY_ERROR_TEXT_MAX];
	char excerpt[POLICY_EXCERPT_MAX]; /* of the line, printable; "" for none */
	unsigned int excerpt_column; /* of @column in it */
};

/* Errors and warnings. Start with = {}. Holds nothing that must be freed. */
struct policy_errors {
	char data_file[PATH_MAX]; /* the data file that errors are in; they are in one */
	size_t count;
	bool more; /* there were more than fit; an error takes the place of a warning */
	struct policy_error list[POLICY_ERRORS_MAX];
};

/*
 * Returns 0, or a negative errno with the reasons in @errors: -EINVAL for
 * documents that are wrong, another if the work itself failed. When 0, @errors
 * may hold warnings. @ret is untouched on failure. @files are borrowed for as long
 * as @errors is used; the policy keeps copies.
 */
int policy_compile(char *const files[], size_t count, struct policy **ret,
		   struct policy_errors *errors);

/*
 * As policy_compile(), but a child process without any privilege does the
 * parsing; this process only reads the files, and checks what the child says.
 */
int policy_compile_confined(char *const files[], size_t count, struct policy **ret,
			    struct policy_errors *errors);

/* As policy_compile_confined(), of one document in memory. @text is taken over. */
int policy_compile_text_confined(const char *name, char *text, struct policy **ret,
				 struct policy_errors *errors);

void policy_free(struct policy *policy);

/* What is in them, and not themselves. */
void policy_access_free(struct policy_access *access);
void policy_storage_free(struct policy_storage *storage);

static inline void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

/* The class of a destination. An IPv4-mapped IPv6 address is an IPv4 address. */
__u32 policy_lookup4(const struct policy *policy, struct in_addr address);
__u32 policy_lookup6(const struct policy *policy, const struct in6_addr *address);

/* Index, or -ENOENT. */
int policy_label_index(const struct policy *policy, const char *name);
int policy_network_index(const struct policy *policy, const char *name);
int policy_storage_index(const struct policy *policy, const char *name);

/* The nearest spelling that the policy knows, or NULL when none is near. */
const char *policy_label_nearest(const struct policy *policy, const char *name);
const char *policy_network_nearest(const struct policy *policy, const char *name);
const char *policy_storage_nearest(const struct policy *policy, const char *name);

/*
 * The rule that speaks about where the label may go: of several one that allows
 * something, or the defaults. NULL when it may go nowhere for lack of any.
 */
const struct policy_rule *policy_rule_of(const struct policy *policy, __u32 label);

/* How many members its lists of read and write have. */
size_t policy_rule_actors(const struct policy_rule *rule);

const char *policy_data_format_name(enum policy_data_format format);
const char *policy_mode_name(enum policy_mode mode);
const char *policy_carriage_name(enum domicile_carriage carriage);

#define POLICY_RESOLVER_TEXT_MAX 56
/* Returns @text: "127.0.0.53:53". */
const char *policy_resolver_text(const struct domicile_resolver *resolver,
				 char text[POLICY_RESOLVER_TEXT_MAX]);

#define POLICY_LISTEN_TEXT_MAX 16
/* Returns @text: "tcp/8443". */
const char *policy_listen_text(const struct policy_listen *listen,
			       char text[POLICY_LISTEN_TEXT_MAX]);

#define POLICY_DIGEST_TEXT_SIZE (sizeof("sha256:") + 2 * POLICY_DIGEST_SIZE)
void policy_digest_print(const __u8 digest[POLICY_DIGEST_SIZE],
			 char text[POLICY_DIGEST_TEXT_SIZE]);
void policy_digest_text(const struct policy *policy, char text[POLICY_DIGEST_TEXT_SIZE]);

/*
 * The whole policy in audit mode: what its rules, or the lack of one, would refuse is let
 * through and recorded.
 */
void policy_audit(struct policy *policy);

void policy_show(const struct policy *policy, FILE *file);
/* Parts of it, of which there must be something to show. */
void policy_show_networks(const struct policy *policy, FILE *file);
void policy_show_data(const struct policy *policy, FILE *file);

struct json_t;
/* A new reference, or NULL when out of memory. */
struct json_t *policy_json(const struct policy *policy);
/* Parts of it. */
struct json_t *policy_networks_json(const struct policy *policy);
struct json_t *policy_data_json(const struct policy *policy);

const char *policy_severity_name(enum policy_severity severity);

/* FILE:LINE:COLUMN: [warning: ]TEXT, and the line with a caret below the column. */
void policy_errors_print(const struct policy_errors *errors, FILE *file);
/* An array of {file, line, column, text, excerpt} of one severity; NULL when out of memory. */
struct json_t *policy_errors_json(const struct policy_errors *errors,
				  enum policy_severity severity);

#endif /* DOMICILE_POLICY_H */
