using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Slack's Socket Mode: this server calls Slack and hears over a WebSocket what people press, so that it needs no public address. Each node has
/// a connection for each app; Slack sends a press to one of them. It closes each after some hours and says so before: the next is open by then.
/// </summary>
internal sealed class SlackSockets(Database database, IEstates estates, GuardedHttp http, SlackEnvelopes envelopes, TimeProvider clock, ILogger<SlackSockets> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    private const int MostBytes = 256 * 1024;

    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection that Slack is about to close is still listened to.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(60);

    private readonly Dictionary<App, Connection> _connections = [];

    /// <summary>Opens what is configured and closes what is not any more.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        var wanted = await WantedAsync(ct);
        foreach (var (app, connection) in _connections.ToArray())
        {
            if (!wanted.ContainsKey(app) || connection.Task.IsCompleted)
            {
                await connection.Cancel.CancelAsync();
                await connection.Task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                connection.Cancel.Dispose();
                _connections.Remove(app);
            }
        }

        foreach (var (app, workspaces) in wanted)
        {
            if (_connections.TryGetValue(app, out var known))
            {
                known.Workspaces = workspaces;
                continue;
            }

            var connection = new Connection(CancellationTokenSource.CreateLinkedTokenSource(ct)) { Workspaces = workspaces };
            _connections[app] = connection;
            connection.Task = KeepAsync(app, connection, connection.Cancel.Token);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var connection in _connections.Values)
        {
            await connection.Cancel.CancelAsync();
            await connection.Task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            connection.Cancel.Dispose();
        }

        _connections.Clear();
    }

    protected override void Waits(string reason) => logger.Waits(reason);

    protected override void Broke(Exception bug) => logger.Broke(bug);

    /// <summary>The apps that have a token for this, with the workspaces that use each.</summary>
    private async Task<Dictionary<App, long[]>> WantedAsync(CancellationToken ct)
    {
        List<(App App, long Workspace)> found = [];
        foreach (var workspace in await database.ReadAsync(session => session.QueryAsync("SELECT id FROM workspace ORDER BY id", static row => row.GetInt64(0)), ct))
        {
            if (await estates.FindAsync(workspace, ct) is { } estate)
            {
                found.AddRange(estate.Model.Channels.Values.Concat(estate.Model.Users.Values.SelectMany(u => u.Contact))
                    .Where(m => m.Type == Slack.Type && SettingsCheck.Get(m, "app_token").Length > 0)
                    .Select(m => (new App(Slack.Api(m), SettingsCheck.Get(m, "app_token")), workspace)).Distinct());
            }
        }

        return found.GroupBy(f => f.App, f => f.Workspace).ToDictionary(g => g.Key, g => g.Distinct().ToArray());
    }

    private async Task KeepAsync(App app, Connection connection, CancellationToken ct)
    {
        var wait = _first;
        List<Task> ending = [];
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var socket = await OpenAsync(app, ct);
                var warned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var listening = ListenAsync(socket, connection, warned, ct);
                await Task.WhenAny(listening, warned.Task);
                ending.RemoveAll(task => task.IsCompletedSuccessfully);
                if (!listening.IsCompleted)
                {
                    // Slack is about to close it: it is listened to until then, beside the next one.
                    ending.Add(listening);
                    wait = _first;
                    continue;
                }

                await listening;
                wait = _first;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The edge of a hosted service: whatever went wrong with one connection, the next is tried.
            catch (Exception e)
#pragma warning restore CA1031
            {
                logger.ConnectionLost(e.Message, (long)wait.TotalMilliseconds);
            }

            await Task.Delay(wait, Clock, ct).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 > _longest ? _longest : wait * 2;
        }

        foreach (var task in ending)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<ClientWebSocket> OpenAsync(App app, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Api, "apps.connections.open"));
        request.Headers.Authorization = new("Bearer", app.Token);
        request.Content = new ByteArrayContent([]);
        var answer = await http.SendAsync(request, ct);
        using var json = answer is OutgoingAnswer.Status { Code: 200 } taken ? JsonAnswer.Parse(taken.Body) : null;
        if (json is null || !json.RootElement.Flag("ok") || !Uri.TryCreate(json.RootElement.Text("url"), UriKind.Absolute, out var url) || url.Scheme is not ("wss" or "ws"))
        {
            throw new WebSocketException($"Slack opened no connection: {(json is null ? answer.ToOutcome().ToString() : PlainText.OneLine(json.RootElement.Text("error"), 80))}");
        }

        return await http.ConnectAsync(url, ct);
    }

    /// <summary>Ends when the connection does.</summary>
    private async Task ListenAsync(ClientWebSocket socket, Connection connection, TaskCompletionSource warned, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using (socket)
        {
            while (await ReceiveAsync(socket, end.Token) is { } message)
            {
                using var json = JsonAnswer.Parse(message);
                switch (json?.RootElement.Text("type"))
                {
                    case "hello":
                        logger.Connected();
                        break;
                    case "disconnect":
                        logger.Warned(PlainText.OneLine(json.RootElement.Text("reason"), 80));
                        warned.TrySetResult();
                        end.CancelAfter(_grace);
                        break;
                    case not null when json.RootElement.Text("envelope_id") is { Length: > 0 } id:
                        var tell = await envelopes.TakeAsync(json.RootElement, connection.Workspaces, end.Token);
                        await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["envelope_id"] = id }), WebSocketMessageType.Text, true, end.Token);
                        await tell(end.Token);
                        break;
                }
            }
        }
    }

    /// <returns>One message; null: the other side has closed.</returns>
    private static async Task<string?> ReceiveAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var buffer = new byte[8192];
        using var message = new MemoryStream();
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (message.Length > MostBytes)
            {
                throw new WebSocketException($"Slack sent a message of more than {MostBytes} bytes.");
            }

            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
            }
        }
    }

    private sealed record App(Uri Api, string Token);

    private sealed class Connection(CancellationTokenSource cancel)
    {
        public CancellationTokenSource Cancel { get; } = cancel;

        public long[] Workspaces { get; set; } = [];

        public Task Task { get; set; } = Task.CompletedTask;
    }
}

/// <summary>Does what came over a socket.</summary>
internal sealed class SlackEnvelopes(IEstates estates, ReplySourceRegistry sources, ReplyDesk desk, PublicLinks links)
{
    /// <summary>Does what an envelope asks for.</summary>
    /// <param name="workspaces">Those that use the app; the button says which of them it is.</param>
    /// <returns>What is left to do after Slack was told that it has arrived: telling whoever pressed.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was done.</exception>
    public async Task<Func<CancellationToken, Task>> TakeAsync(JsonElement envelope, IReadOnlyList<long> workspaces, CancellationToken ct)
    {
        if (envelope.Text("type") != "interactive" || sources.Find(Slack.Type) is not SlackReplies slack
            || SlackReplies.ReadInteraction(envelope.Part("payload")) is not { Ok: true, Value: { Acts: [var act] } reply })
        {
            return static _ => Task.CompletedTask;
        }

        var meant = workspaces.Where(w => act.Code is { } code && links.ReadAnswerCode(code, w) is not null).DefaultIfEmpty(workspaces[0]).First();
        if (await estates.FindAsync(meant, ct) is not { } estate)
        {
            return static _ => Task.CompletedTask;
        }

        var outcomes = await desk.ActAsync(estate, slack, reply, 0, ct);
        return later => slack.TellAsync(estate, reply, outcomes, later);
    }
}

internal static partial class SlackLog
{
    [LoggerMessage(2261, LogLevel.Information, "Slack's socket is open")]
    public static partial void Connected(this ILogger logger);

    [LoggerMessage(2262, LogLevel.Information, "Slack closes this socket soon ({Reason}); the next one is opened")]
    public static partial void Warned(this ILogger logger, string reason);

    [LoggerMessage(2263, LogLevel.Warning, "Slack's socket is lost: {Reason}. The next is tried in {RetryInMs} ms")]
    public static partial void ConnectionLost(this ILogger logger, string reason, long retryInMs);

    [LoggerMessage(2264, LogLevel.Warning, "Slack's sockets wait: {Reason}")]
    public static partial void Waits(this ILogger logger, string reason);

    [LoggerMessage(2265, LogLevel.Error, "Looking after Slack's sockets met a bug; it is tried again in 5 s")]
    public static partial void Broke(this ILogger logger, Exception e);
}
