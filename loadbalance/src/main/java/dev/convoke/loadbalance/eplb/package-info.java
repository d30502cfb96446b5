/** DeepSeek's expert-parallelism load balancer, and the maps that it and the engines which use it exchange. */
package dev.convoke.loadbalance.eplb;
