using System.Net.Sockets;
using StackExchange.Redis;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Publish and subscribe of Redis or Valkey; and, where alerts are shared with other programs, the keys and channels of the alert server that these
/// know. The only file that knows the client library. A lost connection is not mended but replaced, so that there is one way to begin.
/// </summary>
/// <param name="channel">This installation's own on a server that others may use too.</param>
/// <param name="alertHeard">Given the group and the text of each message on the alert channels; null: they are not listened to.</param>
internal sealed class RedisBackplane(BackplaneOptions options, string channel, Action<string, byte[]>? alertHeard) : IBackplane
{
    private const string AlertChannel = "alerts_channel-";
    private const string LatestKey = "latest_alert-";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public string Name => $"Redis at {options.RedisHost}:{options.RedisPort}";

    public async Task<IBackplaneLine> ConnectAsync(Action<string> heard, Action<string> broken, CancellationToken ct)
    {
        var settings = new ConfigurationOptions
        {
            EndPoints = { { options.RedisHost, options.RedisPort } },
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            ConnectTimeout = (int)_patience.TotalMilliseconds,
            SyncTimeout = (int)_patience.TotalMilliseconds,
            Password = options.RedisPassword.Length > 0 ? options.RedisPassword : null,
            Ssl = options.RedisTls,
            ClientName = "tocsin",
        };
        ConnectionMultiplexer? connection = null;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(ct);
            connection.ConnectionFailed += (_, failure) => broken($"{failure.ConnectionType} connection: {failure.FailureType}");
            var subscriber = connection.GetSubscriber();
            if (alertHeard is not null)
            {
                await subscriber.SubscribeAsync(new RedisChannel($"{AlertChannel}*", RedisChannel.PatternMode.Pattern), (name, text) => alertHeard(((string)name!)[AlertChannel.Length..], text!));
            }

            await subscriber.SubscribeAsync(new RedisChannel(channel, RedisChannel.PatternMode.Literal), (_, text) => heard(text!));
            return new Line(connection, channel);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            if (IsLoss(e))
            {
                throw new BackplaneLostException(FirstLine(e), e);
            }

            throw;
        }
    }

    private static bool IsLoss(Exception e) => e is RedisException or RedisConnectionException or TimeoutException or SocketException or IOException or ObjectDisposedException;

    private static string FirstLine(Exception e) => e.Message.Split('\n', 2)[0];

    private sealed class Line(ConnectionMultiplexer connection, string channel) : IBackplaneLine, IAlertWire
    {
        private readonly ISubscriber _subscriber = connection.GetSubscriber();

        public Task SendAsync(string text, CancellationToken ct) => DoAsync([_subscriber.PublishAsync(new RedisChannel(channel, RedisChannel.PatternMode.Literal), text)], ct);

        public Task PublishAsync(IReadOnlyList<SharedAlert> alerts, CancellationToken ct)
        {
            var database = connection.GetDatabase();
            return DoAsync(
                alerts.SelectMany<SharedAlert, Task>(alert =>
                [
                    database.StringSetAsync($"{LatestKey}{alert.Group}", alert.Text, alert.Remaining),
                    _subscriber.PublishAsync(new RedisChannel($"{AlertChannel}{alert.Group}", RedisChannel.PatternMode.Literal), alert.Text),
                ]),
                ct);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await connection.CloseAsync(allowCommandsToComplete: false);
            }
            catch (Exception e) when (IsLoss(e))
            {
                // It is thrown away anyway.
            }

            connection.Dispose();
        }

        private static async Task DoAsync(IEnumerable<Task> commands, CancellationToken ct)
        {
            try
            {
                await Task.WhenAll(commands).WaitAsync(_patience, ct);
            }
            catch (Exception e) when (IsLoss(e))
            {
                throw new BackplaneLostException(FirstLine(e), e);
            }
        }
    }
}
