/* SPDX-License-Identifier: MIT
 *
 * A gateway that loses nothing, in C: reads lines "topic<TAB>payload" on standard input and keeps each as a file in a
 * spool folder until its receipt has come (docs/receipts.md); sends again until then, also after a restart.
 *
 *   example_gateway SPOOL-FOLDER < LINES
 *
 * The broker: CURTAIN_HOST, CURTAIN_PORT, CURTAIN_USER, CURTAIN_PASSWORD_FILE, CURTAIN_CA_FILE.
 *
 * One thread: poll() over standard input and the broker's socket. Correlation data are a random token of this run,
 * which no other account can guess, and the file's name; what an earlier run had under way is sent once more. At most
 * WINDOW messages are under way; while they are, standard input is not read, so memory stays bounded.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 100
#define RESEND_MS 5000
#define LINE_BYTES (1024 * 1024)
#define NAME_BYTES 17 /* 16 hexadecimal digits */
#define TOKEN_BYTES 8

struct under_way {
	char name[NAME_BYTES]; /* "" = free */
	int64_t sent_ms;       /* INT64_MIN = not yet on this connection */
};

static struct gateway {
	struct mosquitto *client;
	const char *folder, *account;
	int folder_fd;
	unsigned char token[TOKEN_BYTES];
	uint64_t next; /* number of the next message */
	char receipts[128];
	struct under_way slots[WINDOW];
	unsigned count;
	bool ready; /* receipts are subscribed: sending before that would lose them */
	bool ended; /* no more input */
	bool more;  /* the spool holds messages that found no room in the window */
	char line[LINE_BYTES];
	size_t length;
} gateway;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *doing)
{
	fprintf(stderr, "gateway: %s: %s\n", doing, strerror(errno));
	exit(1);
}

/* ---- the spool ---- */

/* spool_write keeps a line under the next number; it is on the disk when this returns. */
static void spool_write(const char *line, size_t length, char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, "%016" PRIx64, gateway.next++);
	int fd = openat(gateway.folder_fd, "part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, length) != (ssize_t)length || fsync(fd) || close(fd) ||
		renameat(gateway.folder_fd, "part", gateway.folder_fd, name) || fsync(gateway.folder_fd))
		die(gateway.folder);
}

static struct under_way *slot_of(const char *name)
{
	for (unsigned i = 0; i < WINDOW; i++)
		if (!strcmp(gateway.slots[i].name, name))
			return &gateway.slots[i];
	return NULL;
}

static void slot_take(const char *name)
{
	struct under_way *slot = slot_of("");

	if (!slot) {
		gateway.more = true;
		return;
	}
	memcpy(slot->name, name, NAME_BYTES); /* is_message and spool_write give no other length */
	slot->sent_ms = INT64_MIN;
	gateway.count++;
}

static int is_message(const struct dirent *entry)
{
	return strlen(entry->d_name) == NAME_BYTES - 1 && strspn(entry->d_name, "0123456789abcdef") == NAME_BYTES - 1;
}

/* spool_scan takes up what an earlier run, or a full window, has left. */
static void spool_scan(void)
{
	struct dirent **entries;
	int found = scandir(gateway.folder, &entries, is_message, alphasort);

	if (found < 0)
		die(gateway.folder);
	gateway.more = false;
	for (int i = 0; i < found; i++) {
		uint64_t number = strtoull(entries[i]->d_name, NULL, 16);
		if (number >= gateway.next)
			gateway.next = number + 1;
		if (!slot_of(entries[i]->d_name))
			slot_take(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* ---- sending ---- */

static void publish(struct under_way *slot)
{
	static char bytes[LINE_BYTES];
	mosquitto_property *properties = NULL;
	char correlation[TOKEN_BYTES + NAME_BYTES - 1];
	int fd = openat(gateway.folder_fd, slot->name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);

	if (length < 0)
		die(slot->name);
	close(fd);
	bytes[length] = '\0';
	char *payload = memchr(bytes, '\t', (size_t)length);
	if (payload) {
		*payload++ = '\0';
		/* The response topic asks for the receipt; the correlation data says of which message. */
		mosquitto_property_add_string(&properties, MQTT_PROP_RESPONSE_TOPIC, gateway.receipts);
		memcpy(correlation, gateway.token, TOKEN_BYTES);
		memcpy(correlation + TOKEN_BYTES, slot->name, NAME_BYTES - 1);
		mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, correlation, sizeof correlation);
		mosquitto_publish_v5(
			gateway.client, NULL, bytes, (int)(bytes + length - payload), payload, 1, false, properties);
		mosquitto_property_free_all(&properties);
	}
	slot->sent_ms = now_ms();
}

static void send_due(void)
{
	int64_t now = now_ms();

	for (unsigned i = 0; gateway.ready && i < WINDOW; i++) {
		struct under_way *slot = &gateway.slots[i];
		if (*slot->name && (slot->sent_ms == INT64_MIN || now - slot->sent_ms >= RESEND_MS))
			publish(slot);
	}
}

/* ---- what the broker says ---- */

static void on_connect(
	struct mosquitto *client, void *context, int code, int flags, const mosquitto_property *properties)
{
	(void)context;
	(void)flags;
	(void)properties;
	if (code)
		fprintf(stderr, "gateway: refused: %s\n", mosquitto_reason_string(code));
	else
		mosquitto_subscribe(client, NULL, gateway.receipts, 1);
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count, const int *granted)
{
	(void)client;
	(void)context;
	(void)mid;
	gateway.ready = count == 1 && granted[0] < 128;
	if (!gateway.ready)
		fprintf(stderr, "gateway: the broker refuses %s\n", gateway.receipts);
	for (unsigned i = 0; i < WINDOW; i++) /* whatever was under way may be lost with the connection */
		gateway.slots[i].sent_ms = INT64_MIN;
}

static void on_disconnect(struct mosquitto *client, void *context, int code)
{
	(void)client;
	(void)context;
	(void)code;
	gateway.ready = false;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *m,
	const mosquitto_property *properties)
{
	char name[NAME_BYTES] = "";
	void *data = NULL;
	uint16_t length = 0;

	(void)client;
	(void)context;
	(void)m;
	mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &data, &length, false);
	if (length == TOKEN_BYTES + NAME_BYTES - 1 && !memcmp(data, gateway.token, TOKEN_BYTES))
		memcpy(name, (const char *)data + TOKEN_BYTES, NAME_BYTES - 1);
	free(data);
	struct under_way *slot = *name ? slot_of(name) : NULL;
	if (!slot)
		return; /* of a message that had its receipt already */
	unlinkat(gateway.folder_fd, name, 0);
	*slot = (struct under_way){0};
	gateway.count--;
}

static void connect_broker(void)
{
	static char password[256];
	const char *host = getenv("CURTAIN_HOST"), *port = getenv("CURTAIN_PORT"), *ca = getenv("CURTAIN_CA_FILE"),
		   *secret = getenv("CURTAIN_PASSWORD_FILE");
	FILE *file = secret ? fopen(secret, "re") : NULL;

	if (file && fgets(password, sizeof password, file))
		password[strcspn(password, "\n")] = '\0';
	if (file)
		fclose(file);
	mosquitto_lib_init();
	gateway.client = mosquitto_new(gateway.account, true, NULL);
	if (!gateway.client)
		die("mosquitto_new");
	mosquitto_int_option(gateway.client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_username_pw_set(gateway.client, gateway.account, *password ? password : NULL);
	if (ca && mosquitto_tls_set(gateway.client, ca, NULL, NULL, NULL, NULL))
		die(ca);
	mosquitto_connect_v5_callback_set(gateway.client, on_connect);
	mosquitto_subscribe_callback_set(gateway.client, on_subscribe);
	mosquitto_disconnect_callback_set(gateway.client, on_disconnect);
	mosquitto_message_v5_callback_set(gateway.client, on_message);
	mosquitto_connect(gateway.client, host ? host : "127.0.0.1", port ? atoi(port) : 1883, 30);
}

/* ---- what we are told ---- */

static void take_line(const char *line, size_t length)
{
	char name[NAME_BYTES];

	if (!memchr(line, '\t', length)) {
		fprintf(stderr, "gateway: a line without a tab is passed over\n");
		return;
	}
	spool_write(line, length, name);
	slot_take(name);
}

static void take_input(void)
{
	ssize_t more = read(STDIN_FILENO, gateway.line + gateway.length, sizeof gateway.line - gateway.length);
	char *end;

	if (more < 0 && errno == EINTR)
		return;
	if (more <= 0) {
		gateway.ended = true;
		if (gateway.length)
			take_line(gateway.line, gateway.length);
		return;
	}
	gateway.length += (size_t)more;
	while ((end = memchr(gateway.line, '\n', gateway.length))) {
		take_line(gateway.line, (size_t)(end - gateway.line));
		gateway.length -= (size_t)(end - gateway.line) + 1;
		memmove(gateway.line, end + 1, gateway.length);
	}
	if (gateway.length == sizeof gateway.line) {
		fprintf(stderr, "gateway: a line of more than %d bytes is passed over\n", LINE_BYTES);
		gateway.length = 0;
	}
}

static void turn(void)
{
	struct pollfd fds[2] = {{.fd = gateway.ended || gateway.count == WINDOW ? -1 : STDIN_FILENO, .events = POLLIN},
		{.fd = mosquitto_socket(gateway.client), .events = POLLIN}};

	if (mosquitto_want_write(gateway.client))
		fds[1].events |= POLLOUT;
	/* Without a connection the wait is also the pause before the next try. */
	poll(fds, 2, 1000);
	if (fds[0].revents)
		take_input();
	if (fds[1].fd < 0)
		mosquitto_reconnect(gateway.client);
	else if (mosquitto_loop(gateway.client, 0, 1) != MOSQ_ERR_SUCCESS)
		gateway.ready = false;
	if (gateway.more && gateway.count < WINDOW / 2)
		spool_scan();
	send_due();
}

int main(int argc, char **argv)
{
	gateway.account = getenv("CURTAIN_USER");
	if (argc != 2 || !gateway.account) {
		fprintf(stderr, "usage: CURTAIN_USER=account ... gateway SPOOL-FOLDER < lines of topic<TAB>payload\n");
		return 2;
	}
	gateway.folder = argv[1];
	gateway.folder_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (gateway.folder_fd < 0)
		die(argv[1]);
	snprintf(gateway.receipts, sizeof gateway.receipts, "curtain/receipt/%s", gateway.account);
	if (getrandom(gateway.token, TOKEN_BYTES, 0) != TOKEN_BYTES)
		die("getrandom");
	spool_scan();
	connect_broker();
	while (!gateway.ended || gateway.count || gateway.more)
		turn();
	mosquitto_disconnect(gateway.client);
	mosquitto_loop(gateway.client, 100, 1);
	mosquitto_destroy(gateway.client);
	mosquitto_lib_cleanup();
	puts("gateway: all received");
	return 0;
}
