/** Deployments side by side: the same work in turn, its rates and where their time goes. */
package dev.convoke.bench.deployments;
