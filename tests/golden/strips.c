void block_invoke(const int8_t *input, int8_t *output)
{
    int8_t *const conv_2d_0_out = arena + 0; /* int8[8, 8, 4] */
    int8_t *const conv_2d_1_out = arena + 256; /* int8[8, 8, 4], a strip of it */
    int8_t *const conv_2d_2_out = arena + 416; /* int8[8, 8, 4], a strip of it */
    int8_t *const add_3_out = arena + 0; /* int8[8, 8, 4] */

    mcup_conv_2d_dense_s8(&conv_2d_0, input, conv_2d_0_out);
    mcup_trace(0, conv_2d_0_out, 256);

    /* conv_2d_1, conv_2d_2, add_3: 4 lines at a time; those that are seen again move to the front */
    mcup_conv_2d_dense_s8(&conv_2d_1_part0, conv_2d_0_out, conv_2d_1_out);
    mcup_conv_2d_dense_s8(&conv_2d_2_part0, conv_2d_1_out, conv_2d_2_out);
    mcup_add_s8(&add_3, conv_2d_0_out, conv_2d_2_out, add_3_out);
    mcup_copy_s8(&conv_2d_1_part1, conv_2d_1_out + 96, conv_2d_1_out);
    mcup_conv_2d_dense_s8(&conv_2d_1_part2, conv_2d_0_out + 128, conv_2d_1_out + 64);
    mcup_conv_2d_dense_s8(&conv_2d_2_part1, conv_2d_1_out, conv_2d_2_out);
    mcup_add_s8(&add_3, conv_2d_0_out + 128, conv_2d_2_out, add_3_out + 128);
    mcup_trace(3, add_3_out, 256);

    mcup_conv_2d_dense_s8(&conv_2d_4, add_3_out, output);
    mcup_trace(4, output, 64);
}
