//! Reads pixels of a PNG picture.

/// Returns red, green and blue of the top left pixel.
pub(crate) fn corner(picture: &[u8]) -> [u8; 3] {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels[..3].try_into().unwrap()
}
