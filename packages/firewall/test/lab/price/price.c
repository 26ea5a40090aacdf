// What a ruleset costs a packet: CPU time of round trips between two namespaces, over loopback, and of new connections.
// One thread plays both ends, so that everything the kernel does for a packet is charged to it; shapes are interleaved
// in random order inside each block, and compared with the first shape of the same block. Run by price.sh.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SHAPES = 32, MAX_BLOCKS = 1000, ROUND_TRIPS = 3000, WARM_UP = 300, CONNECTIONS = 300, MEASURES = 3 };
static const char *const SERVER = "10.9.0.1";
static double cost[MEASURES][MAX_SHAPES][MAX_BLOCKS];
static char bytes[2048];

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
	double nanos = cpu_nanos() - start;
	close(client);
	close(server);
	return nanos / ROUND_TRIPS;
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

static void load(const char *namespace, const char *shape) {
	char command[512];
	const char *file = strcmp(shape, "none") ? shape : "/dev/null";
	snprintf(command, sizeof command,
		"ip netns exec %s sh -c 'nft flush ruleset; conntrack -F 2>/dev/null; nft -f %s'", namespace, file);
	if (system(command)) fail(command);
}

static void measure(int shape, int block, int server_ns, int client_ns, int outer, int loopback) {
	enter(client_ns);
	int client = connect_to(SERVER, 443);
	cost[0][shape][block] = cost_of_round_trip(client, accept(outer, NULL, NULL));
	enter(server_ns);
	client = connect_to("127.0.0.1", 3000);
	cost[1][shape][block] = cost_of_round_trip(client, accept(loopback, NULL, NULL));
	enter(client_ns);
	cost[2][shape][block] = cost_of_connection(outer);
	enter(server_ns);
}

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_row(const char *shape, int number, int blocks) {
	const char *name = strrchr(shape, '/');
	printf("%-28s", name ? name + 1 : shape);
	for (int m = 0; m < MEASURES; m++) {
		double ratio[MAX_BLOCKS], nanos[MAX_BLOCKS];
		for (int b = 0; b < blocks; b++) {
			nanos[b] = cost[m][number][b];
			ratio[b] = nanos[b] / cost[m][0][b];
		}
		qsort(nanos, blocks, sizeof *nanos, ascending);
		qsort(ratio, blocks, sizeof *ratio, ascending);
		printf("  %6.0f ns %.3f (%.3f-%.3f)", nanos[blocks / 2], ratio[blocks / 2], ratio[blocks / 4],
			ratio[blocks * 3 / 4]);
	}
	printf("\n");
}

// price SERVER-NAMESPACE CLIENT-NAMESPACE BLOCKS SHAPE…: nft files, or `none`; the first is what the others are compared with.
int main(int count, char **words) {
	if (count < 5 || count - 4 > MAX_SHAPES) return fprintf(stderr, "see price.sh\n"), 2;
	int server_ns = open_namespace(words[1]), client_ns = open_namespace(words[2]);
	int blocks = atoi(words[3]) > MAX_BLOCKS ? MAX_BLOCKS : atoi(words[3]);
	int shapes = count - 4, order[MAX_SHAPES];
	enter(server_ns);
	int outer = listen_on(SERVER, 443), loopback = listen_on("127.0.0.1", 3000);
	for (int block = 0; block < blocks; block++) {
		for (int i = 0; i < shapes; i++) order[i] = i;
		for (int i = shapes - 1; i > 0; i--) {
			int j = rand() % (i + 1), kept = order[i];
			order[i] = order[j];
			order[j] = kept;
		}
		for (int i = 0; i < shapes; i++) {
			load(words[1], words[4 + order[i]]);
			measure(order[i], block, server_ns, client_ns, outer, loopback);
		}
	}
	printf("%-28s  median, paired ratio (quartiles): round trip | over loopback | new connection\n", "shape");
	for (int i = 0; i < shapes; i++) print_row(words[4 + i], i, blocks);
	return 0;
}
