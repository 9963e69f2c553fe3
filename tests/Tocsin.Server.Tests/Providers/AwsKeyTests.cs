using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Estate;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

/// <summary>Whom this server is at AWS, by everything that the standard chain looks at. The environment is the process's own, so one after the other.</summary>
public sealed class AwsKeyTests : IAsyncLifetime
{
    private static readonly string[] _names =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_DISABLED", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_REGION",
    ];

    private readonly Dictionary<string, string?> _before = [];
    private DirectoryInfo _folder = null!;
    private FakeAwsMachine _machine = null!;

    public async Task InitializeAsync()
    {
        foreach (var name in _names)
        {
            _before[name] = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, null);
        }

        _folder = Directory.CreateTempSubdirectory("tocsin-aws-");
        _machine = await FakeAwsMachine.StartAsync();
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_folder.FullName, "credentials"));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Path.Combine(_folder.FullName, "config"));
    }

    public async Task DisposeAsync()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        await _machine.DisposeAsync();
        _folder.Delete(recursive: true);
        Amazon.AWSConfigs.AWSProfilesLocation = null;
    }

    [Fact]
    public async Task The_environment_counts_before_a_profile()
    {
        await ProfilesAsync("default", "AKIAPROFILE");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "s");
        Environment.SetEnvironmentVariable("AWS_SESSION_TOKEN", "t");

        Assert.Equal(new AwsKey("AKIAENVIRONMENT", "s", "t"), await FoundAsync());
    }

    [Fact]
    public async Task A_profile_of_the_shared_file_is_found_by_its_name_or_as_the_default()
    {
        await ProfilesAsync("default", "AKIADEFAULT", "alerts", "AKIAALERTS");
        Assert.Equal("AKIADEFAULT", (await FoundAsync()).Id);

        Environment.SetEnvironmentVariable("AWS_PROFILE", "alerts");
        Assert.Equal("AKIAALERTS", (await FoundAsync()).Id);
    }

    [Fact]
    public async Task A_container_is_asked_with_its_token()
    {
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", new Uri(_machine.Url, "container").AbsoluteUri);
        Environment.SetEnvironmentVariable("AWS_CONTAINER_AUTHORIZATION_TOKEN", FakeAwsMachine.ContainerToken);

        Assert.Equal(new AwsKey("ASIACONTAINER", "container-secret", "container-session"), await FoundAsync());
    }

    [Fact]
    public async Task An_instance_is_asked_for_its_role_by_a_session()
    {
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", null);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_SERVICE_ENDPOINT", _machine.Url.AbsoluteUri.TrimEnd('/'));
        Amazon.Runtime.Internal.FallbackInternalConfigurationFactory.Reset();

        Assert.Equal(new AwsKey("ASIAINSTANCE", "instance-secret", "instance-session"), await FoundAsync());
    }

    [Fact]
    public async Task Where_there_is_nothing_it_says_what_to_do()
    {
        using var keys = new AwsKeys(Options.Create(new EstateOptions()));
        var found = await keys.OfMachineAsync(default);

        Assert.False(found.Ok);
        Assert.Contains("AWS_ACCESS_KEY_ID", found.Error.Detail, StringComparison.Ordinal);
        Assert.Contains("AWS_PROFILE", found.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_does_not_answer_is_no_bug()
    {
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", new Uri(_machine.Url, "nothing").AbsoluteUri);
        using var keys = new AwsKeys(Options.Create(new EstateOptions()));

        Assert.False((await keys.OfMachineAsync(default)).Ok);
    }

    [Fact]
    public async Task The_key_of_the_source_itself_counts_before_all_of_them()
    {
        using var keys = new AwsKeys(Options.Create(new EstateOptions()));
        var estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana").Build();
        var source = new Source("queue", Sqs.Id, "sqs-source-key-000000001") { Settings = new Dictionary<string, string> { [Sqs.AccessKeyKey] = "AKIAOWN", [Sqs.SecretKeyKey] = "own" } };

        Assert.Equal(new AwsKey("AKIAOWN", "own"), (await keys.FindAsync(estate, source, default)).Value);
    }

    private static async Task<AwsKey> FoundAsync()
    {
        using var keys = new AwsKeys(Options.Create(new EstateOptions()));
        var found = await keys.OfMachineAsync(default);
        Assert.True(found.Ok, found.Error?.Detail);
        return found.Value;
    }

    private Task ProfilesAsync(params string[] namesAndIds)
    {
        var text = new StringBuilder();
        foreach (var pair in namesAndIds.Chunk(2))
        {
            text.Append($"[{pair[0]}]\naws_access_key_id = {pair[1]}\naws_secret_access_key = secret-of-{pair[0]}\n");
        }

        return File.WriteAllTextAsync(Path.Combine(_folder.FullName, "credentials"), text.ToString());
    }
}

/// <summary>What a machine of AWS answers to those who run on it: the endpoint of a container, and the metadata of an instance, version 2.</summary>
internal sealed class FakeAwsMachine : FakeHttp
{
    public const string ContainerToken = "the-token-of-the-container";

    private const string Session = "a-session-of-the-metadata";

    private FakeAwsMachine()
        : base(TimeProvider.System)
    {
    }

    public static async Task<FakeAwsMachine> StartAsync()
    {
        var fake = new FakeAwsMachine();
        await fake.ListenAsync(0, default);
        return fake;
    }

    protected override bool IsWork(PathString path) => true;

    protected override FakeAnswer? Show(PathString path) => null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body) => (request.Method, request.Path.Value) switch
    {
        ("GET", "/container") when request.Headers.Authorization == ContainerToken => Key("ASIACONTAINER", "container"),
        ("PUT", "/latest/api/token") when request.Headers.ContainsKey("X-aws-ec2-metadata-token-ttl-seconds") => new(200, Session),
        ("GET", _) when request.Headers["X-aws-ec2-metadata-token"] != Session => new(401, ""),
        ("GET", "/latest/meta-data/iam/security-credentials") => new(200, "tocsin"),
        ("GET", "/latest/meta-data/iam/security-credentials/tocsin") => Key("ASIAINSTANCE", "instance"),
        _ => new(404, ""),
    };

    private static FakeAnswer Key(string id, string of) => new(
        200,
        $$"""{"Code": "Success", "LastUpdated": "2026-01-05T09:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "{{id}}", "SecretAccessKey": "{{of}}-secret", "Token": "{{of}}-session", "Expiration": "2099-01-01T00:00:00Z"}""",
        "application/json");
}
