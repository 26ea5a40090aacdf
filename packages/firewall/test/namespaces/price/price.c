// What a ruleset costs a packet: CPU time of round trips between two namespaces, over loopback, and of new connections.
// One thread plays both ends, so that everything the kernel does for a packet is charged to it; shapes are interleaved
// in random order inside each of many short blocks, and compared with the first shape of the same block. Run by price.sh.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SHAPES = 32, MAX_BLOCKS = 4000, ROUND_TRIPS = 250, WARM_UP = 30, CONNECTIONS = 40, MEASURES = 3 };
static const char *const SERVER = "10.9.0.1";
static double cost[MAX_SHAPES][MAX_BLOCKS][MEASURES];
static char bytes[2048];

struct shape {
	const char *name;
	int server_ns, client_ns, outer, client, server, inner_client, inner_server;
};

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static double cpu_nanos(void) {
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int open_namespace(const char *name) {
	char path[128];
	snprintf(path, sizeof path, "/run/netns/%s", name);
	int fd = open(path, O_RDONLY);
	if (fd < 0) fail(path);
	return fd;
}

static void enter(int namespace) {
	if (setns(namespace, CLONE_NEWNET)) fail("setns");
}

static struct sockaddr_in address(const char *ip, int port) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, ip, &to.sin_addr);
	return to;
}

static int tcp_socket(void) {
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	// A ruleset that blocks must end the run, not hang it.
	struct timeval limit = {.tv_sec = 3};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static int listen_on(const char *ip, int port) {
	struct sockaddr_in at = address(ip, port);
	int fd = tcp_socket();
	if (bind(fd, (void *)&at, sizeof at) || listen(fd, 128)) fail("listen");
	return fd;
}

static int connect_to(const char *ip, int port) {
	struct sockaddr_in to = address(ip, port);
	int fd = tcp_socket();
	if (connect(fd, (void *)&to, sizeof to)) fail("connect");
	return fd;
}

// A small request and an answer of one segment, as keep-alive traffic is.
static void round_trips(int client, int server, int count) {
	while (count-- > 0) {
		if (write(client, bytes, 100) < 0 || read(server, bytes, sizeof bytes) <= 0) fail("request");
		if (write(server, bytes, 1000) < 0 || read(client, bytes, sizeof bytes) <= 0) fail("answer");
	}
}

static double cost_of_round_trip(int client, int server) {
	round_trips(client, server, WARM_UP);
	double start = cpu_nanos();
	round_trips(client, server, ROUND_TRIPS);
	return (cpu_nanos() - start) / ROUND_TRIPS;
}

static double cost_of_connection(int listener) {
	double start = cpu_nanos();
	for (int n = 0; n < CONNECTIONS; n++) {
		int client = connect_to(SERVER, 443);
		int server = accept(listener, NULL, NULL);
		round_trips(client, server, 1);
		close(server);
		close(client);
	}
	return (cpu_nanos() - start) / CONNECTIONS;
}

// Namespaces of its own for each shape, so that changing from one to the next costs nothing and can be done often.
static void prepare(struct shape *shape) {
	enter(shape->server_ns);
	shape->outer = listen_on(SERVER, 443);
	int inner = listen_on("127.0.0.1", 3000);
	shape->inner_client = connect_to("127.0.0.1", 3000);
	shape->inner_server = accept(inner, NULL, NULL);
	enter(shape->client_ns);
	shape->client = connect_to(SERVER, 443);
	shape->server = accept(shape->outer, NULL, NULL);
}

// A socket stays in the namespace it was made in: only new connections need the right one.
static void measure(const struct shape *shape, double *result) {
	result[0] = cost_of_round_trip(shape->client, shape->server);
	result[1] = cost_of_round_trip(shape->inner_client, shape->inner_server);
	enter(shape->client_ns);
	result[2] = cost_of_connection(shape->outer);
}

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// The median's own error, from its order statistics: 95 % lie between these two.
static int below_median(int blocks) { return blocks / 2 - (int)(0.98 * sqrt(blocks)); }

static void print_row(const char *name, int number, int blocks) {
	printf("%-30s", name);
	for (int m = 0; m < MEASURES; m++) {
		double ratio[MAX_BLOCKS], nanos[MAX_BLOCKS];
		for (int b = 0; b < blocks; b++) {
			nanos[b] = cost[number][b][m];
			ratio[b] = nanos[b] / cost[0][b][m];
		}
		qsort(nanos, blocks, sizeof *nanos, ascending);
		qsort(ratio, blocks, sizeof *ratio, ascending);
		int low = below_median(blocks);
		printf("  %6.0f ns %.3f (%.3f-%.3f)", nanos[blocks / 2], ratio[blocks / 2], ratio[low], ratio[blocks - 1 - low]);
	}
	printf("\n");
}

// price BLOCKS (NAME SERVER-NAMESPACE CLIENT-NAMESPACE)…: rulesets are loaded there; the first shape is what the others are compared with.
int main(int count, char **words) {
	int shapes = (count - 2) / 3, order[MAX_SHAPES];
	if (shapes < 1 || shapes > MAX_SHAPES) return fprintf(stderr, "see price.sh\n"), 2;
	int blocks = atoi(words[1]) > MAX_BLOCKS ? MAX_BLOCKS : atoi(words[1]);
	static struct shape shape[MAX_SHAPES];
	for (int i = 0; i < shapes; i++) {
		char **of = words + 2 + 3 * i;
		shape[i] = (struct shape){of[0], open_namespace(of[1]), open_namespace(of[2])};
		prepare(&shape[i]);
		order[i] = i;
	}
	for (int block = 0; block < blocks; block++) {
		for (int i = shapes - 1; i > 0; i--) {
			int j = rand() % (i + 1), kept = order[i];
			order[i] = order[j];
			order[j] = kept;
		}
		for (int i = 0; i < shapes; i++) measure(&shape[order[i]], cost[order[i]][block]);
	}
	printf("%-30s  median, paired ratio (95 %%): round trip | over loopback | new connection\n", "shape");
	for (int i = 0; i < shapes; i++) print_row(shape[i].name, i, blocks);
	return 0;
}
