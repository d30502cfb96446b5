/** Which host computes an expert that several hold. */
package dev.convoke.routing.replicas;
