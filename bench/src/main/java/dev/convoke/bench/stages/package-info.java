/** Where the time of decoding goes, and whether all of it is accounted for. */
package dev.convoke.bench.stages;
