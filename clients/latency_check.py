#!/usr/bin/env python3
"""Latency of streamed completions, one request after the other: a check on other clients, with a clock of its own.

usage: latency_check.py URL MODEL PROMPTS.jsonl OUTPUT_TOKENS [SECONDS_BETWEEN [START]]

START, in seconds since 1970, is when the first request goes out.
"""
import json
import socket
import sys
import time
import urllib.parse


def ask(connection, host, body):
    """Sends one request; returns the arrival times of events with text, seconds after the sending."""
    head = (f"POST /v1/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    start = time.perf_counter()
    connection.sendall(head + body)
    pending, times = b"", []
    while True:
        received = connection.recv(65536)
        now = time.perf_counter() - start
        if not received:
            sys.exit("the server closed the connection")
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            if line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 200"):
                sys.exit(line.decode())
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["text"]:
                    times.append(now)
        # The last chunk of the body is empty.
        if lines and lines[-1] == b"\r" and pending == b"" and b"0\r" in lines[-3:]:
            return times


def main():
    url, model, prompts, tokens = sys.argv[1:5]
    pace = float(sys.argv[5]) if len(sys.argv) > 5 else 0
    address = urllib.parse.urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers, start = [], time.perf_counter() + (float(sys.argv[6]) - time.time() if len(sys.argv) > 6 else 0)
    with open(prompts, encoding="utf-8") as file:
        for line in file:
            body = {"model": model, "prompt": json.loads(line)["prompt"], "max_tokens": int(tokens), "temperature": 0,
                    "stream": True, "ignore_eos": True}
            time.sleep(max(0, start + len(answers) * pace - time.perf_counter()))
            answers.append(ask(connection, address.netloc, json.dumps(body).encode()))
    for name, values in ("TTFT", [a[0] for a in answers]), ("E2EL", [a[-1] for a in answers]):
        values.sort()
        print(f"{name} mean {1e3 * sum(values) / len(values):.3f} ms, median {1e3 * values[len(values) // 2]:.3f} ms")


if __name__ == "__main__":
    main()
