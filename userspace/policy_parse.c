// SPDX-License-Identifier: GPL-2.0-only
/*
 * YAML in, tree out. A policy is read by people in a hurry and by auditors, so
 * what makes a document mean something other than it seems to is refused:
 * anchors, aliases, merge keys, tags, and control characters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "policy_error.h"
#include "policy_parse.h"

#define NODES_MAX (8u << 20)
#define BLOCK_SIZE (1u << 20)

struct tree_block {
	struct tree_block *next;
	size_t used;
	size_t size;
	_Alignas(struct node) char data[];
};

struct builder {
	struct policy_tree *tree;
	const struct document *document;
	struct policy_errors *errors;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
};

static struct tree_block *block_new(struct policy_tree *tree, size_t size)
{
	struct tree_block *block;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	*block = (struct tree_block){ .next = tree->blocks, .size = size };
	tree->blocks = block;
	return block;
}

static void *tree_alloc(struct policy_tree *tree, size_t size)
{
	struct tree_block *block = tree->blocks;
	void *data;

	size = (size + _Alignof(struct node) - 1) & -_Alignof(struct node);
	if (!block || block->size - block->used < size)
		block = block_new(tree, size);
	if (!block)
		return NULL;
	data = block->data + block->used;
	block->used += size;
	return data;
}

void policy_tree_free(struct policy_tree *tree)
{
	struct tree_block *block, *next;

	for (block = tree->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	*tree = (struct policy_tree){};
}

__attribute__((format(printf, 3, 4)))
static int refuse_at(struct builder *builder, yaml_mark_t mark, const char *format, ...)
{
	struct policy_place place = { builder->document->file, mark.line + 1, mark.column + 1 };
	va_list args;
	int err;

	va_start(args, format);
	err = policy_error_addv(builder->errors, &place, format, args);
	va_end(args);
	return err ? err : -EINVAL;
}

#define refuse(builder, ...) refuse_at(builder, (builder)->event.start_mark, __VA_ARGS__)

static yaml_mark_t mark_at(const struct document *document, size_t offset)
{
	yaml_mark_t mark = {};

	for (size_t i = 0; i < offset && i < document->size; i++) {
		if (document->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)document->text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

static int refuse_syntax(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return -ENOMEM;
	case YAML_READER_ERROR:
		return refuse_at(builder, mark_at(builder->document, parser->problem_offset),
				 "found invalid bytes (%s), expected UTF-8 text", parser->problem);
	default:
		return refuse_at(builder, parser->problem_mark, "syntax error: %s%s%s",
				 parser->problem ? parser->problem : "found what is not YAML",
				 parser->context ? ", " : "",
				 parser->context ? parser->context : "");
	}
}

static int next_event(struct builder *builder)
{
	yaml_event_delete(&builder->event);
	if (!yaml_parser_parse(&builder->parser, &builder->event))
		return refuse_syntax(builder);
	return 0;
}

static struct node *node_new(struct builder *builder, enum node_type type, size_t text_size)
{
	struct node *node = tree_alloc(builder->tree, sizeof(*node) + text_size);

	if (!node)
		return NULL;
	*node = (struct node){ .type = type };
	node->line = builder->event.start_mark.line + 1;
	node->column = builder->event.start_mark.column + 1;
	return node;
}

/* Anchor and tag of the current event, NULL for none. */
static void event_properties(const yaml_event_t *event, const yaml_char_t **anchor,
			     const yaml_char_t **tag)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		*anchor = event->data.scalar.anchor;
		*tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		*anchor = event->data.sequence_start.anchor;
		*tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		*anchor = event->data.mapping_start.anchor;
		*tag = event->data.mapping_start.tag;
		break;
	default:
		*anchor = *tag = NULL;
	}
}

static int check_event(struct builder *builder, unsigned int depth)
{
	const yaml_char_t *anchor, *tag;

	event_properties(&builder->event, &anchor, &tag);
	if (anchor)
		return refuse(builder, "found an anchor, expected a plain value; "
			      "anchors are not supported in policies");
	if (tag)
		return refuse(builder, "found a tag, expected a plain value; "
			      "tags are not supported in policies");
	if (builder->event.type == YAML_ALIAS_EVENT)
		return refuse(builder, "found an alias, expected a plain value; "
			      "aliases are not supported in policies");
	if (depth > POLICY_DEPTH_MAX)
		return refuse(builder, "found nesting deeper than %d levels, expected less",
			      POLICY_DEPTH_MAX);
	if (builder->tree->node_count++ >= NODES_MAX)
		return refuse(builder, "found more than %u values, expected fewer in one file",
			      NODES_MAX);
	return 0;
}

static int build_text(struct builder *builder, struct node **ret)
{
	const char *text = (const char *)builder->event.data.scalar.value;
	size_t size = builder->event.data.scalar.length;
	ptrdiff_t control = policy_control_find(text, size);
	struct node *node;

	if (control >= 0 && text[control] == '\n')
		return refuse(builder, "found a line break in a text, expected one line");
	if (control >= 0)
		return refuse(builder, "found a control character in a text, "
			      "expected printable text");
	node = node_new(builder, NODE_TEXT, size + 1);
	if (!node)
		return -ENOMEM;
	memcpy(node->text, text, size);
	node->text[size] = 0;
	node->plain = builder->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	*ret = node;
	return 0;
}

static int check_key(struct builder *builder, const struct node *key)
{
	yaml_mark_t mark = { .line = key->line - 1, .column = key->column - 1 };

	if (key->type != NODE_TEXT)
		return refuse_at(builder, mark, "found %s, expected a key", node_type_name(key));
	if (key->plain && !strcmp(key->text, "<<"))
		return refuse_at(builder, mark, "found a merge key, expected a name; "
				 "merge keys are not supported in policies");
	return 0;
}

static int build_node(struct builder *builder, unsigned int depth, struct node **ret);

static int build_children(struct builder *builder, unsigned int depth, struct node *node,
			  yaml_event_type_t end)
{
	struct node **tail = &node->child;
	bool key = node->type == NODE_MAPPING;
	int err;

	for (;;) {
		err = next_event(builder);
		if (err || builder->event.type == end)
			return err;
		err = build_node(builder, depth + 1, tail);
		if (!err && key)
			err = check_key(builder, *tail);
		if (err)
			return err;
		tail = &(*tail)->next;
		key = node->type == NODE_MAPPING && !key;
	}
}

static int build_node(struct builder *builder, unsigned int depth, struct node **ret)
{
	bool mapping = builder->event.type == YAML_MAPPING_START_EVENT;
	int err = check_event(builder, depth);
	struct node *node;

	if (err)
		return err;
	if (builder->event.type == YAML_SCALAR_EVENT)
		return build_text(builder, ret);
	node = node_new(builder, mapping ? NODE_MAPPING : NODE_SEQUENCE, 0);
	if (!node)
		return -ENOMEM;
	*ret = node;
	return build_children(builder, depth, node,
			      mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
}

static bool has_directive(const yaml_event_t *event)
{
	return event->data.document_start.version_directive ||
	       event->data.document_start.tag_directives.start !=
	       event->data.document_start.tag_directives.end;
}

static int build_document(struct builder *builder)
{
	int err = next_event(builder); /* stream start */

	if (!err)
		err = next_event(builder);
	if (err)
		return err;
	if (builder->event.type == YAML_STREAM_END_EVENT)
		return refuse_at(builder, (yaml_mark_t){},
				 "found an empty file, expected a policy with 'version: %d'",
				 POLICY_VERSION);
	if (has_directive(&builder->event))
		return refuse(builder, "found a directive, expected none; "
			      "directives are not supported in policies");
	err = next_event(builder);
	if (!err)
		err = build_node(builder, 1, &builder->tree->root);
	if (!err)
		err = next_event(builder); /* document end */
	if (!err)
		err = next_event(builder);
	if (!err && builder->event.type != YAML_STREAM_END_EVENT)
		err = refuse(builder, "found a second document, expected one in each file");
	return err;
}

/* What an editor of Windows puts first, and libyaml takes for a column. */
static struct document skip_byte_order_mark(const struct document *document)
{
	struct document rest = *document;

	if (rest.size >= 3 && !memcmp(rest.text, "\xef\xbb\xbf", 3)) {
		rest.text += 3;
		rest.size -= 3;
	}
	return rest;
}

int policy_tree_parse(struct policy_tree *tree, const struct document *with_mark,
		      struct policy_errors *errors)
{
	struct document document = skip_byte_order_mark(with_mark);
	struct builder builder = { .tree = tree, .document = &document, .errors = errors };
	int err;

	*tree = (struct policy_tree){ .file = document.file };
	if (!yaml_parser_initialize(&builder.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)document.text,
				     document.size);
	err = build_document(&builder);
	yaml_event_delete(&builder.event);
	yaml_parser_delete(&builder.parser);
	return err;
}

const char *node_type_name(const struct node *node)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a text",
		[NODE_SEQUENCE] = "a list",
		[NODE_MAPPING] = "a mapping",
	};

	_Static_assert(sizeof(names) / sizeof(*names) == NODE_TYPES, "each type has a name");
	return names[node->type];
}

bool node_empty(const struct node *node)
{
	return node->type == NODE_TEXT && node->plain &&
	       (!*node->text || !strcmp(node->text, "~") || !strcasecmp(node->text, "null"));
}
