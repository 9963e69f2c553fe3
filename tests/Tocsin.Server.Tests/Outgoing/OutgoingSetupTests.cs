using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Tests.Outgoing;

public sealed class OutgoingSetupTests
{
    [Fact]
    public void Without_settings_everything_can_be_built_and_nothing_inside_is_allowed()
    {
        using var services = Build([]);

        Assert.NotNull(services.GetRequiredService<GuardedHttp>());
        Assert.NotNull(services.GetRequiredService<SmtpSender>());
        Assert.Equal("", services.GetRequiredService<IOptions<OutgoingOptions>>().Value.Allow);
    }

    [Fact]
    public void The_list_is_read_as_one_text_and_as_a_list()
    {
        using var asText = Build(new() { ["Outgoing:Allow"] = "10.0.0.7:80,hooks.internal:8443" });
        using var asList = Build(new() { ["Outgoing:Allow:0"] = "10.0.0.7:80", ["Outgoing:Allow:1"] = "hooks.internal:8443" });

        Assert.Equal("10.0.0.7:80,hooks.internal:8443", asText.GetRequiredService<IOptions<OutgoingOptions>>().Value.Allow);
        Assert.Equal("10.0.0.7:80,hooks.internal:8443", asList.GetRequiredService<IOptions<OutgoingOptions>>().Value.Allow);
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        using var services = Build(new()
        {
            ["Outgoing:Allow"] = "http://10.0.0.7, 10.0.0.0/8",
            ["Outgoing:Timeout"] = "00:01:00",
            ["Outgoing:AnswerMaxBytes"] = "1000000",
        });

        var faults = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<OutgoingOptions>>().Value).Failures.ToArray();

        Assert.Contains(faults, fault => fault.Contains("'http://10.0.0.7'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("'10.0.0.0/8'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Timeout", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("AnswerMaxBytes", StringComparison.Ordinal));
    }

    [Fact]
    public void Mail_settings_must_fit_together()
    {
        using var services = Build(new()
        {
            ["Smtp:Host"] = "mail.example.com:25",
            ["Smtp:Port"] = "70000",
            ["Smtp:User"] = "tocsin",
            ["Smtp:From"] = "nobody",
        });

        var faults = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<SmtpOptions>>().Value).Failures.ToArray();

        Assert.Contains(faults, fault => fault.Contains("Smtp:Host 'mail.example.com:25'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Port", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Smtp:Password", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Smtp:From 'nobody'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mail.example.com", "tocsin@example.com")]
    [InlineData("127.0.0.1", "Tocsin <tocsin@example.com>")]
    [InlineData("::1", "Tocsin on call <tocsin@localhost>")]
    public void Ordinary_mail_settings_are_taken(string host, string from)
    {
        using var services = Build(new() { ["Smtp:Host"] = host, ["Smtp:From"] = from, ["Smtp:Tls"] = "starttls" });

        Assert.Equal(SmtpTls.StartTls, services.GetRequiredService<IOptions<SmtpOptions>>().Value.Tls);
    }

    private static ServiceProvider Build(Dictionary<string, string?> settings) => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
        .AddOutgoing()
        .BuildServiceProvider();
}
