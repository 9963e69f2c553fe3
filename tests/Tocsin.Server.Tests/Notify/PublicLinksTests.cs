using Tocsin.Notify;

namespace Tocsin.Tests.Notify;

public sealed class PublicLinksTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 3, 0, 0, TimeSpan.Zero);
    private readonly PublicLinks _links = new("https://tocsin.invalid", new byte[32]);

    [Fact]
    public void A_link_works_for_twelve_hours()
    {
        var token = _links.Action(1, 7, s_now)!.AbsolutePath[3..];

        Assert.Equal(new(1, 7, s_now.AddHours(12)), _links.Read(token, s_now.AddHours(12).AddSeconds(-1)));
        Assert.Null(_links.Read(token, s_now.AddHours(12)));
    }

    [Fact]
    public void Whoever_opens_a_link_too_late_can_be_told_when_it_ended() =>
        Assert.Equal(s_now.AddHours(12), _links.EndOf(_links.Action(1, 7, s_now)!.AbsolutePath[3..]));

    [Fact]
    public void What_is_signed_for_one_purpose_is_nothing_to_another()
    {
        var (slack, answer, code) = (_links.ReplyKey("slack", new(1, 7)), _links.AnswerCode(1, 7), _links.LinkCode("telegram", 1, "ana", s_now.AddMinutes(15)));

        Assert.Equal(new ReplyGrant(1, 7), _links.ReadReplyKey("slack", slack));
        Assert.Equal(7, _links.ReadAnswerCode(answer, 1));
        Assert.True(_links.IsLinkCode(code, "telegram", 1, "ana", s_now));
        foreach (var other in new[] { answer, code, _links.Token(new(1, 7, s_now.AddDays(1))), "", slack[1..] })
        {
            Assert.Null(_links.ReadReplyKey("slack", other));
        }

        Assert.Null(_links.ReadReplyKey("telegram", slack));
        Assert.Null(_links.ReadAnswerCode(answer, 2));
        Assert.Null(_links.ReadAnswerCode(slack, 1));
        Assert.False(_links.IsLinkCode(code, "telegram", 1, "bo", s_now));
        Assert.False(_links.IsLinkCode(code, "telegram", 2, "ana", s_now));
        Assert.False(_links.IsLinkCode(code, "telegram", 1, "ana", s_now.AddMinutes(15)));
        Assert.Null(_links.Read(answer, s_now));
    }

    [Fact]
    public void Nothing_is_told_of_a_link_that_another_installation_signed()
    {
        byte[] other = [1, .. new byte[31]];

        Assert.Null(_links.EndOf(new PublicLinks("https://tocsin.invalid", other).Action(1, 7, s_now)!.AbsolutePath[3..]));
    }
}
