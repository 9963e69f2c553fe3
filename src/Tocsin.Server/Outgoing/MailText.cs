using System.Globalization;
using System.Text;
using Tocsin.Notify;

namespace Tocsin.Outgoing;

/// <summary>One mail before it is written out. All texts may come from anywhere: they are encoded, never trusted.</summary>
/// <param name="FromName">Shown name of the sender; empty: none.</param>
/// <param name="MessageId">Without angle brackets; equal over retries.</param>
/// <param name="ThreadId">Without angle brackets; what mail programs file it under. Null: a mail of its own.</param>
internal sealed record Mail(
    string From, string FromName, string To, string Subject, string MessageId, string? ThreadId, DateTimeOffset Date, string Text, string Html);

/// <summary>Writes a mail as RFC 5322 and MIME: ASCII only, CRLF, no line over 78 characters that could be folded.</summary>
internal static class MailText
{
    /// <summary>The bytes between DATA and the final dot; not yet dot-stuffed. Equal for equal mails.</summary>
    public static byte[] Write(Mail mail)
    {
        // "=_" cannot occur in quoted-printable text, so no part can contain the boundary.
        var boundary = $"=_{PlainText.OneLine(mail.MessageId.Split('@')[0], 40)}";
        var text = new StringBuilder(4096);

        Header(text, "Date", mail.Date.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture));
        Header(text, "From", mail.FromName.Length == 0 ? mail.From : $"{Phrase(mail.FromName)} <{mail.From}>");
        Header(text, "To", mail.To);
        Header(text, "Subject", Unstructured(mail.Subject));
        Header(text, "Message-ID", $"<{mail.MessageId}>");
        if (mail.ThreadId is not null)
        {
            Header(text, "In-Reply-To", $"<{mail.ThreadId}>");
            Header(text, "References", $"<{mail.ThreadId}>");
        }

        Header(text, "Auto-Submitted", "auto-generated");
        Header(text, "X-Auto-Response-Suppress", "All");
        Header(text, "MIME-Version", "1.0");
        Header(text, "Content-Type", $"multipart/alternative; boundary=\"{boundary}\"");
        text.Append("\r\n");
        Part(text, boundary, "text/plain", mail.Text);
        Part(text, boundary, "text/html", mail.Html);
        text.Append("--").Append(boundary).Append("--\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // The last gate: whatever a caller passes, a value cannot end its header.
    private static void Header(StringBuilder text, string name, string value)
    {
        if (value.Replace("\r\n ", "", StringComparison.Ordinal).AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"The value of the header {name} is not encoded.", nameof(value));
        }

        text.Append(name).Append(": ").Append(value).Append("\r\n");
    }

    private static void Part(StringBuilder text, string boundary, string type, string content)
    {
        text.Append("--").Append(boundary).Append("\r\n");
        Header(text, "Content-Type", $"{type}; charset=utf-8");
        Header(text, "Content-Transfer-Encoding", "quoted-printable");
        text.Append("\r\n");
        QuotedPrintable(text, content);
        text.Append("\r\n");
    }

    private static string Phrase(string name)
    {
        name = PlainText.OneLine(name, 100);
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c == ' ') ? name : EncodedWords(name);
    }

    private static string Unstructured(string value)
    {
        value = PlainText.OneLine(value, 300);
        return value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Contains("=?", StringComparison.Ordinal) ? EncodedWords(value) : value;
    }

    // RFC 2047: cut between characters, each word on a line of its own; a line with one has at most 76 characters, the header's name included.
    private static string EncodedWords(string value)
    {
        const int BytesInWord = 39;
        var words = new StringBuilder();
        var word = new List<byte>(BytesInWord);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            if (word.Count + length > BytesInWord)
            {
                Flush();
            }

            word.AddRange(utf8[..length]);
        }

        Flush();
        return words.ToString();

        void Flush()
        {
            words.Append(words.Length == 0 ? "" : "\r\n ").Append("=?utf-8?B?").Append(Convert.ToBase64String([.. word])).Append("?=");
            word.Clear();
        }
    }

    private static void QuotedPrintable(StringBuilder text, string content)
    {
        const int LineLength = 76;
        var lines = content.ReplaceLineEndings("\n").Split('\n');
        foreach (var line in lines)
        {
            var column = 0;
            var bytes = Encoding.UTF8.GetBytes(line);
            for (var i = 0; i < bytes.Length; i++)
            {
                var blankAtEnd = bytes[i] is (byte)' ' or (byte)'\t' && i == bytes.Length - 1;
                var plain = bytes[i] is (>= (byte)' ' and <= (byte)'~' and not (byte)'=') or (byte)'\t' && !blankAtEnd;
                var width = plain ? 1 : 3;
                if (column + width > LineLength - 1)
                {
                    text.Append("=\r\n");
                    column = 0;
                }

                _ = plain ? text.Append((char)bytes[i]) : text.Append('=').Append(bytes[i].ToString("X2", CultureInfo.InvariantCulture));
                column += width;
            }

            text.Append("\r\n");
        }
    }
}
