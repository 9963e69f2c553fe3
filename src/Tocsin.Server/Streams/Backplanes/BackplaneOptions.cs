using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Tocsin.Streams.Backplanes;

/// <summary>How nodes tell each other that something happened. Section <c>Backplane</c>; nothing but latency depends on it.</summary>
public sealed class BackplaneOptions
{
    /// <summary>Auto: Redis if <see cref="RedisHost"/> is set, else PostgreSQL if the store is one, else none. None: nodes find out by looking at the store. Default Auto.</summary>
    public BackplaneKind Kind { get; set; } = BackplaneKind.Auto;

    /// <summary>Name or address of a Redis or Valkey server; also read from <c>REDIS_HOST</c>. Default: none.</summary>
    public string RedisHost { get; set; } = "";

    /// <summary>Its port; also read from <c>REDIS_PORT</c>. Default 6379, 1 to 65535.</summary>
    [Range(1, 65535)]
    public int RedisPort { get; set; } = 6379;

    /// <summary>Its password. Default: none.</summary>
    public string RedisPassword { get; set; } = "";

    /// <summary>Whether to speak TLS with it. Default: no.</summary>
    public bool RedisTls { get; set; }

    /// <summary>
    /// Whether alerts are shared with other programs on that Redis: what they publish on <c>alerts_channel-{group}</c> becomes a line of the log, and
    /// published alerts are sent there and kept 30 minutes in <c>latest_alert-{group}</c>. Default: yes.
    /// </summary>
    public bool Bridge { get; set; } = true;

    /// <summary>The workspace whose alerts are shared so. Default: the installation's first workspace.</summary>
    public string Workspace { get; set; } = "";
}

/// <summary>What carries word from node to node.</summary>
public enum BackplaneKind
{
    Auto,
    None,
    Postgres,
    Redis,
}

[OptionsValidator]
internal sealed partial class BackplaneOptionsValidator : IValidateOptions<BackplaneOptions>;

/// <summary>What no attribute can say: what must be there for what was chosen.</summary>
internal sealed class BackplaneChoiceValidator(IConfiguration settings) : IValidateOptions<BackplaneOptions>
{
    public ValidateOptionsResult Validate(string? name, BackplaneOptions options) => options.Kind switch
    {
        BackplaneKind.Redis when options.RedisHost.Length == 0 => Fail("is Redis, which needs RedisHost"),
        BackplaneKind.Postgres when string.IsNullOrEmpty(settings["Server:Database"]) => Fail("is Postgres, which needs a PostgreSQL in Server:Database"),
        _ => ValidateOptionsResult.Success,
    };

    private static ValidateOptionsResult Fail(string why) => ValidateOptionsResult.Fail($"{nameof(BackplaneOptions.Kind)}: {nameof(BackplaneOptions.Kind)} {why}");
}
