using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Identity;
using Tocsin.Operations;

namespace Tocsin.Hosting;

/// <summary>On an endpoint: it is not counted by the pipeline, since it counts by itself or must always answer.</summary>
internal sealed class CountsItself
{
    public static CountsItself Instance { get; } = new();
}

/// <summary>Who may send how many requests to this node. Counted in memory, for each node apart; see <see cref="LimitOptions"/>.</summary>
internal sealed class RateLimits(IOptions<LimitOptions> options, TimeProvider clock, ILogger<RateLimits> logger)
{
    private const int BurstSeconds = 10;

    private readonly LimitOptions _options = options.Value;
    private readonly RateTable _sources = Table(options.Value.SourcePerSecond, 1 << 13);
    private readonly RateTable _keys = Table(options.Value.KeyPerSecond, 1 << 13);
    private readonly RateTable _persons = Table(options.Value.PersonPerSecond, 1 << 13);
    private readonly RateTable _addresses = Table(options.Value.AddressPerSecond, 1 << 16);
    private long _saidAt = long.MinValue;

    /// <summary>Counts a delivery with a source's key.</summary>
    /// <returns>The refusal; null: it may go on.</returns>
    public TooManyRequests? OfSource(long workspace, string source) =>
        _sources.Take(((ulong)workspace << 32) ^ (uint)source.GetHashCode(StringComparison.Ordinal), clock.GetUtcNow()) is { } wait
            ? Refuse("source", $"the source {source}", _options.SourcePerSecond, "Limits:SourcePerSecond", wait)
            : null;

    /// <summary>Counts a request of a key or person.</summary>
    public TooManyRequests? OfCaller(Caller caller) => caller.Person is { } person
        ? _persons.Take((ulong)person, clock.GetUtcNow()) is { } wait ? Refuse("person", caller.Actor, _options.PersonPerSecond, "Limits:PersonPerSecond", wait) : null
        : _keys.Take((ulong)(caller.Key ?? 0), clock.GetUtcNow()) is { } longer ? Refuse("key", caller.Actor, _options.KeyPerSecond, "Limits:KeyPerSecond", longer) : null;

    /// <summary>Counts a request that brought no credential, or one that is refused.</summary>
    public TooManyRequests? OfStranger(HttpContext http) => _addresses.Take(PlaceOf(http.Connection.RemoteIpAddress), clock.GetUtcNow()) is { } wait
        ? Refuse("address", "your address", _options.AddressPerSecond, "Limits:AddressPerSecond", wait)
        : null;

    /// <summary>Asked before a credential that is not known yet is looked for in the store: whoever just showed many that were refused waits.</summary>
    public TooManyRequests? OfUnknownKey(HttpContext http) => _addresses.Peek(PlaceOf(http.Connection.RemoteIpAddress), clock.GetUtcNow()) is { } wait
        ? Refuse("address", "your address", _options.AddressPerSecond, "Limits:AddressPerSecond", wait)
        : null;

    /// <summary>An IPv4 address, or the network of an IPv6 one, of which its owner has as many as he likes.</summary>
    public static ulong PlaceOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : address.IsIPv4MappedToIPv6 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])
            : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private static RateTable Table(int perSecond, int places) => new(perSecond, perSecond * BurstSeconds, places);

    private TooManyRequests Refuse(string kind, string who, int perSecond, string setting, TimeSpan wait)
    {
        Instruments.Limited.Add(1, new KeyValuePair<string, object?>("of", kind));
        var (now, said) = (clock.GetUtcNow().UtcTicks, Interlocked.Read(ref _saidAt));
        if (now - said > TimeSpan.TicksPerMinute && Interlocked.CompareExchange(ref _saidAt, now, said) == said)
        {
            logger.TooManyRequests(who, perSecond, setting);
        }

        return new($"Too many requests with {who}: {perSecond} a second are taken ({setting}).", (int)Math.Ceiling(Math.Max(1, wait.TotalSeconds)));
    }
}

/// <summary>A request that is refused unread, with when it may come again.</summary>
internal sealed record TooManyRequests(string Detail, int RetryAfterSeconds)
{
    private static readonly object _item = new();

    /// <summary>Whether the request's credential was not looked at because of this.</summary>
    public static TooManyRequests? Of(HttpContext http) => http.Items[_item] as TooManyRequests;

    public void Keep(HttpContext http) => http.Items[_item] = this;

    public ProblemHttpResult ToProblem(HttpContext http)
    {
        http.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        return Error.TooMany("limit.requests", Detail).ToProblem();
    }

    /// <summary>In the form of the surface that was asked.</summary>
    public IResult Answer(HttpContext http)
    {
        var problem = ToProblem(http);
        return http.GetEndpoint()?.Metadata.GetMetadata<AnswersDetail>() is null ? problem : DetailAnswer.Of(problem.StatusCode, Detail);
    }
}

internal static class RateLimitSetup
{
    /// <summary>Comes after authentication, so that whoever is known is counted by who he is, and before everything that costs more.</summary>
    public static void UseRateLimits(this IApplicationBuilder app)
    {
        var limits = app.ApplicationServices.GetRequiredService<RateLimits>();
        app.Use((context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<CountsItself>() is not null
                || (TooManyRequests.Of(context) is { } unread ? unread : Caller.Find(context.User) is { } caller ? limits.OfCaller(caller) : limits.OfStranger(context)) is not { } refusal)
            {
                return next(context);
            }

            if (!Pages.Errors.WantsPage(context.Request))
            {
                return refusal.Answer(context).ExecuteAsync(context);
            }

            context.Response.Headers.RetryAfter = $"{refusal.RetryAfterSeconds}";
            return Pages.Errors.WriteAsync(context, StatusCodes.Status429TooManyRequests, trace: null);
        });
    }
}

internal static partial class RateLimitLog
{
    [LoggerMessage(2071, LogLevel.Warning, "Requests with {Who} are refused with 429: more than {PerSecond} a second came. Raise {Setting} if they are wanted")]
    public static partial void TooManyRequests(this ILogger logger, string who, int perSecond, string setting);
}
