using System.Net;
using System.Net.Http.Headers;
using Tocsin.Data;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>One event as it came over the wire.</summary>
/// <param name="Comment">The text of a comment that stood alone.</param>
internal sealed record StreamBlock(string? Id, string? Event, string? Data, string? Retry, string? Comment);

/// <summary>A subscriber that reads <c>text/event-stream</c> line by line.</summary>
internal sealed class StreamReaderOf : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private readonly CancellationTokenSource _patience = Patience.Begin();

    private StreamReaderOf(HttpResponseMessage response, Stream body) => (_response, _reader) = (response, new(body));

    public HttpContentHeaders Headers => _response.Content.Headers;

    public static async Task<StreamReaderOf> OpenAsync(HttpClient caller, string path, long? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is { } last)
        {
            request.Headers.Add("Last-Event-ID", $"{last}");
        }

        var response = await caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    /// <returns>The next block; null: the stream ended.</returns>
    public async Task<StreamBlock?> NextAsync()
    {
        string? id = null, name = null, data = null, retry = null, comment = null;
        for (var any = false; await _reader.ReadLineAsync(_patience.Token) is { } line; any = true)
        {
            switch (line.Split(": ", 2))
            {
                case [""] when any:
                    return new(id, name, data, retry, comment);
                case ["id", var value]:
                    id = value;
                    break;
                case ["event", var value]:
                    name = value;
                    break;
                case ["data", var value]:
                    data = value;
                    break;
                case ["retry", var value]:
                    retry = value;
                    break;
                case ["", var value]:
                    comment = value;
                    break;
                case var other:
                    Assert.Fail($"Not a line of an event stream: {string.Join(": ", other)}");
                    break;
            }
        }

        return null;
    }

    /// <summary>The next that is an event and no heartbeat.</summary>
    public async Task<StreamBlock> NextEventAsync()
    {
        while (true)
        {
            var block = await NextAsync();
            Assert.NotNull(block);
            if (block is { Data: not null, Event: not "heartbeat" })
            {
                return block;
            }
        }
    }

    public async Task<List<long>> SeqsAsync(int count)
    {
        List<long> seqs = [];
        while (seqs.Count < count)
        {
            seqs.Add(long.Parse((await NextEventAsync()).Id!));
        }

        return seqs;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
        _patience.Dispose();
    }
}

/// <summary>Lines put into the log as the product puts them.</summary>
internal static class StreamWords
{
    /// <returns>The number of the newest line.</returns>
    public static async Task<long> LogAsync(this HttpBench bench, string workspace, params LogLine[] lines)
    {
        var (database, log) = (bench.Service<Database>(), bench.Service<EventLog>());
        var id = (await database.ReadAsync(bench.Service<WorkspaceStore>().ListAsync, default)).Single(w => w.Name == workspace).Id;
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(id);
                await log.AppendAsync(tx, id, bench.Service<TimeProvider>().GetUtcNow(), lines);
            },
            default);
        return await database.ReadAsync(session => log.LastAsync(session, id), default);
    }

    public static LogLine Published(string group, string body) =>
        new("stream.alert", $"stream/{group}", "key:test", "a message", $$"""{"data":{{body}},"received_at":"2026-01-01T00:00:00Z"}""");

    public static LogLine Note(string kind, string subject = "incident/1") => new(kind, subject, "system", "because", """{"n":1}""");
}
