using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tocsin.Telemetry;

/// <summary>Reads lines as programs print them, each with the parser that knows its form.</summary>
public static class RawBatchReader
{
    /// <summary>A JSON list of texts; one with line feeds holds several entries. An item that is an object is read as a line that holds it.</summary>
    /// <param name="body">Of any content.</param>
    /// <param name="source">The source of all entries; empty: as each says.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    /// <returns>The entries; an error whose code is one of <see cref="BatchFault"/> when the body as a whole is none.</returns>
    public static Result<ReadBatch<LogLine>> Read(ReadOnlySpan<byte> body, string source, DateTimeOffset now) => SenderJson.Read(body, json => ReadList(json, new(FittedText.Name(source), now)));

    /// <summary>Plain text: a file, or what a program prints.</summary>
    /// <param name="body">UTF-8; what is not becomes U+FFFD.</param>
    /// <param name="source">The source of all entries; empty: as each says.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    public static Result<ReadBatch<LogLine>> ReadText(ReadOnlySpan<byte> body, string source, DateTimeOffset now)
    {
        var batch = new ReadBatch<LogLine>();
        var chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(body.Length));
        var fits = Split(chars.AsSpan(0, Encoding.UTF8.GetChars(body, chars)), new(FittedText.Name(source), now), batch);
        ArrayPool<char>.Shared.Return(chars);
        return fits ? batch : BatchFault.TooManyEntries;
    }

    private static Result<ReadBatch<LogLine>> ReadList(ReadOnlySpan<byte> json, RawLines lines)
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            SenderJson.ReadToEnd(ref reader);
            return BatchFault.Of(BatchFault.NotList, "", "The body must be a list of texts; or send plain text, with Content-Type: text/plain.");
        }

        var batch = new ReadBatch<LogLine>();
        char[] chars = [];
        for (var item = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; item++)
        {
            if (batch.IsFull)
            {
                return BatchFault.TooManyEntries;
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                chars = chars.Length >= reader.ValueSpan.Length ? chars : new char[Math.Max(1024, reader.ValueSpan.Length)];
                if (!Split(chars.AsSpan(0, SenderJson.Unescape(reader.ValueSpan, chars)), lines, batch))
                {
                    return BatchFault.TooManyEntries;
                }

                continue;
            }

            if (reader.TokenType == JsonTokenType.StartObject)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                batch.Entries.Add(lines.ReadObject(json[start..(int)reader.BytesConsumed]));
                continue;
            }

            reader.Skip();
            batch.Reject(item, "", "An item must be text, or an object.");
        }

        SenderJson.ReadToEnd(ref reader);
        return batch;
    }

    private static bool Split(ReadOnlySpan<char> text, RawLines lines, ReadBatch<LogLine> batch)
    {
        if (!text.Contains('\n') || lines.IsObject(text))
        {
            if (!text.IsWhiteSpace())
            {
                batch.Entries.Add(lines.Read(text));
            }

            return true;
        }

        var joiner = new LineJoiner(text);
        while (joiner.Next(out var entry))
        {
            if (batch.IsFull)
            {
                return false;
            }

            batch.Entries.Add(lines.Read(entry));
        }

        return true;
    }
}
