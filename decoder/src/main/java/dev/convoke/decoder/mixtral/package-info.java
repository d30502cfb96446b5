/** Mixtral (Jiang et al., 2024). */
package dev.convoke.decoder.mixtral;
