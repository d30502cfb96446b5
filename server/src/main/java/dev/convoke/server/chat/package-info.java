/** Chat templates written in Jinja, as models bring them. */
package dev.convoke.server.chat;
